// Consumed messages → records of the log. The same message gives the same record, when it comes and when the log is run
// again. Thread-safe: no state.
//
// A message of alerts: its value is the payload; of a CloudEvent in structured mode (content-type
// application/cloudevents+json, CloudEvents 1.0.2 and its Kafka binding) the event's `data` is, as it stands.
// A message of control: its header `kind` is command, skip, bundle or engine_change; `skips` is the position that a
// skip leaves out; `encoding` is zstd where the value is compressed (compression.hpp). What can't be understood is a
// command, with its bytes, for the shard to reject.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/kafka/incoming_record.hpp"
#include "connectors/log/shard_log.hpp"

namespace triaged::log {

/// Position is left unset; log time is Kafka's timestamp, whatever the ceiling of a cut makes of it. `input`: see
/// topics.hpp. `source`: the name in the configuration, of alerts.
[[nodiscard]] Record to_record(const kafka::IncomingRecord& message, std::uint32_t input, std::string_view source);

/// What the value of a message says, by its headers: kind, payload and skips of the record. No value: a tombstone.
using Value = std::optional<std::string_view>;
[[nodiscard]] Record read_alerts(Value value, std::optional<std::string_view> content_type);
/// The same, without a copy of the value where it is the payload: what is not copied lives as long as the message.
struct AlertsView {
  RecordKind kind = RecordKind::nothing;
  [[nodiscard]] std::string_view payload() const { return data ? std::string_view(*data) : value; }

  std::string_view value{};
  std::optional<std::string> data{};  // of a CloudEvent
};
[[nodiscard]] AlertsView view_alerts(Value value, std::optional<std::string_view> content_type);
struct ControlHeaders {
  std::optional<std::string_view> kind;
  std::optional<std::string_view> skips;
  std::optional<std::string_view> encoding;
};
[[nodiscard]] Record read_control(Value value, const ControlHeaders& headers);

/// The header `kind` of a message of control; empty: it has none.
[[nodiscard]] std::string_view name_of(RecordKind kind);

}  // namespace triaged::log
