#include "daemon/replay/document_outputs.hpp"

#include <utility>

#include "connectors/wire/document_writer.hpp"

namespace triaged::replay {

DocumentSink::DocumentSink(DocumentOutputs outputs, std::string prefix, bool final_only)
    : outputs_(std::move(outputs)), prefix_(std::move(prefix)), final_only_(final_only) {}

void DocumentSink::take(Effects& effects) {
  if (outputs_.incidents) take_incidents(effects.incidents);
  if (outputs_.memberships) take_memberships(effects.memberships);
  take_records(effects.alerts);
}

void DocumentSink::take_incidents(std::vector<IncidentDocument>& documents) {
  for (auto& document : documents) {
    if (final_only_) {
      const auto key = document.key;
      last_.insert_or_assign(key, std::move(document));
    } else {
      write_incident(document);
    }
  }
}

void DocumentSink::write_incident(const IncidentDocument& document) {
  auto& out = outputs_.incidents->buffer();
  wire::append_incident(out, document, prefix_);
  out += '\n';
  outputs_.incidents->lines_added();
}

void DocumentSink::take_memberships(const std::vector<Membership>& memberships) {
  for (const auto& membership : memberships) {
    auto& out = outputs_.memberships->buffer();
    wire::append_membership(out, membership, prefix_);
    out += '\n';
    outputs_.memberships->lines_added();
  }
}

void DocumentSink::take_records(const std::vector<AlertRecord>& records) {
  for (const auto& record : records) {
    const auto fingerprint = static_cast<std::uint64_t>(record.fingerprint);
    if (record.incident) {
      unplaced_.erase(fingerprint);
    } else if (!record.reason.empty()) {
      unplaced_.insert_or_assign(fingerprint, &*reasons_.insert(record.reason).first);
    }
    if (!outputs_.records) continue;
    auto& out = outputs_.records->buffer();
    wire::append_alert_record(out, record, prefix_);
    out += '\n';
    outputs_.records->lines_added();
  }
}

std::map<std::string, std::uint64_t> DocumentSink::unplaced() const {
  std::map<std::string, std::uint64_t> counts;
  for (const auto& [fingerprint, reason] : unplaced_) ++counts[*reason];
  return counts;
}

void DocumentSink::finish() {
  for (const auto& [key, document] : last_) write_incident(document);
  for (auto* output : {&outputs_.incidents, &outputs_.memberships, &outputs_.records}) {
    if (*output) (*output)->finish();
  }
}

std::optional<std::string> DocumentSink::error() const {
  for (const auto* output : {&outputs_.incidents, &outputs_.memberships, &outputs_.records}) {
    if (*output && (*output)->error()) return (*output)->error();
  }
  return std::nullopt;
}

bool DocumentSink::nobody_reads() const {
  bool gone = false;
  for (const auto* output : {&outputs_.incidents, &outputs_.memberships, &outputs_.records}) {
    if (!*output) continue;
    if (!(*output)->reader_gone()) return false;
    gone = true;
  }
  return gone;
}

}  // namespace triaged::replay
