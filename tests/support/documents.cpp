#include "tests/support/documents.hpp"

#include "connectors/wire/document_writer.hpp"

namespace triaged::test {

Time at(int minutes, int seconds) {
  using namespace std::chrono_literals;
  return Time{std::chrono::sys_days{2026y / 3 / 2}} + 6h + minutes * 1min + seconds * 1s;
}

IncidentDocument incident(std::uint64_t number) {
  IncidentDocument document;
  document.key = {0, number};
  document.revision = 1;
  document.title = "incident " + std::to_string(number);
  document.priority = 3;
  document.rule = "same-service";
  document.services = {"web"};
  document.alert_count = 1;
  document.started_at = document.opened_at = document.updated_at = at(static_cast<int>(number));
  document.evidence = {{"same-service", "rules.yaml", 3, "same service"}};
  return document;
}

AlertRecord alert(LabelsView labels) {
  AlertRecord record;
  record.at = record.starts_at = at(0);
  record.labels = SharedLabels(labels);
  record.fingerprint = fingerprint(labels);
  record.service = "web";
  return record;
}

log::Output output(const IncidentDocument& document) {
  log::Output output{log::Topic::incidents, wire::to_string(document.key, "INC"), {}};
  wire::append_incident(output.value, document, "INC");
  return output;
}

log::Output output(const AlertRecord& record) {
  log::Output output{log::Topic::alerts, to_string(record.fingerprint), {}};
  wire::append_alert_record(output.value, record, "INC");
  return output;
}

}  // namespace triaged::test
