#include "daemon/pipeline/shard/effect_outputs.hpp"

#include <fmt/format.h>

#include "connectors/wire/document_writer.hpp"
#include "connectors/wire/json_text.hpp"

namespace triaged::pipeline {
namespace {

using log::Output;
using log::Topic;

std::string audit_id(std::uint32_t shard, const log::Record& record) {
  return fmt::format("CMD-{}-{}", shard, record.origin ? record.origin->offset : record.position);
}

}  // namespace

void append_outputs(const Effects& effects, std::string_view prefix, std::vector<Output>& outputs) {
  for (const IncidentDocument& document : effects.incidents) {
    Output& output = outputs.emplace_back(Topic::incidents, wire::to_string(document.key, prefix), std::string());
    wire::append_incident(output.value, document, prefix);
  }
  for (const AlertRecord& record : effects.alerts) {
    Output& output = outputs.emplace_back(Topic::alerts, to_string(record.fingerprint), std::string());
    wire::append_alert_record(output.value, record, prefix);
  }
  for (const SuppressionDocument& document : effects.suppressions) {
    Output& output = outputs.emplace_back(Topic::silences, document.id, std::string());
    wire::append_suppression(output.value, document);
  }
}

void append_audit(const CommandResult& result, std::uint32_t shard, const log::Record& record, std::string_view prefix,
                  std::vector<Output>& outputs) {
  Output& output = outputs.emplace_back(Topic::audit, audit_id(shard, record), std::string());
  wire::append_command_result(output.value, output.key, result, prefix);
}

void append_skip_audit(const wire::SkipRequest& request, const log::Record& record, std::uint32_t shard,
                       std::vector<Output>& outputs) {
  Output& output = outputs.emplace_back(Topic::audit, audit_id(shard, record), std::string());
  wire::append_skip_result(output.value, output.key, request, {.at = record.log_time, .accepted = true, .reason = {}});
}

void append_engine_change_audit(const log::Record& record, std::uint32_t shard, std::vector<Output>& outputs) {
  Output& output = outputs.emplace_back(Topic::audit, audit_id(shard, record), std::string());
  wire::append_engine_change(output.value, output.key, record.log_time, record.payload);
}

void append_rejections(const log::Record& record, std::uint32_t shard, std::span<const wire::Rejection> rejections,
                       std::vector<Output>& outputs) {
  for (const wire::Rejection& rejection : rejections) {
    Output& output = outputs.emplace_back(
        Topic::rejected, fmt::format("{}-{}-{}", shard, record.position, rejection.line), std::string());
    output.value = R"({"at":")";
    wire::append_time(output.value, record.log_time);
    output.value += R"(","source":)";
    wire::append_string(output.value, record.source);
    output.value += fmt::format(R"(,"position":{})", record.position);
    if (record.origin) {
      output.value += fmt::format(R"(,"input":{},"offset":{})", record.origin->input, record.origin->offset);
    }
    output.value += fmt::format(R"(,"line":{},"code":)", rejection.line);
    wire::append_string(output.value, rejection.code);
    output.value += R"(,"reason":)";
    wire::append_string(output.value, rejection.reason);
    output.value += '}';
  }
}

}  // namespace triaged::pipeline
