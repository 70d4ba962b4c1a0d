#include "connectors/log/kafka/record_codec.hpp"

#include <charconv>
#include <string>

#include "connectors/log/alert_payload.hpp"
#include "connectors/log/compression.hpp"
#include "connectors/log/kafka/topics.hpp"
#include "connectors/wire/cloud_event.hpp"

namespace triaged::log {
namespace {

// Of a value that is compressed: far more than any configuration, and not all memory.
constexpr std::size_t kMostBytes = std::size_t{256} << 20U;

RecordKind control_kind(std::string_view name) {
  for (const RecordKind kind : {RecordKind::skip, RecordKind::bundle, RecordKind::engine_change}) {
    if (name == name_of(kind)) return kind;
  }
  return RecordKind::command;
}

}  // namespace

std::string_view name_of(RecordKind kind) {
  switch (kind) {
    case RecordKind::command: return "command";
    case RecordKind::skip: return "skip";
    case RecordKind::bundle: return "bundle";
    case RecordKind::engine_change: return "engine_change";
    case RecordKind::alerts:
    case RecordKind::lines:
    case RecordKind::nothing: return {};
  }
  return {};
}

AlertsView view_alerts(Value value, std::optional<std::string_view> content_type) {
  AlertsView view;
  if (!value) return view;
  view.value = *value;
  // One that can't be read is rejected as any other payload that can't be.
  if (content_type && wire::is_cloud_event(*content_type)) view.data = wire::cloud_event_data(*value);
  if (view.data && view.data->empty()) view.data.reset();
  view.kind = kind_of_alerts(view.payload());
  return view;
}

Record read_alerts(Value value, std::optional<std::string_view> content_type) {
  const AlertsView view = view_alerts(value, content_type);
  Record record;
  record.kind = view.kind;
  record.payload = view.payload();
  return record;
}

Record read_control(Value value, const ControlHeaders& headers) {
  Record record;
  record.kind = RecordKind::nothing;
  if (!value) return record;
  record.kind = RecordKind::command;
  record.payload = *value;
  const RecordKind kind = control_kind(headers.kind.value_or(""));
  if (headers.encoding) {
    auto text = headers.encoding == "zstd" ? decompress(*value, kMostBytes) : std::nullopt;
    if (!text) return record;
    record.payload = *std::move(text);
  }
  if (kind == RecordKind::skip) {
    const std::string_view digits = headers.skips.value_or("");
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), record.skips);
    if (error != std::errc{} || end != digits.data() + digits.size() || record.skips == 0) {
      record.skips = 0;
      return record;
    }
  }
  record.kind = kind;
  return record;
}

Record to_record(const kafka::IncomingRecord& message, std::uint32_t input, std::string_view source) {
  Record record;
  if (input == kControlInput) {
    record = read_control(
        message.value(),
        {.kind = message.header("kind"), .skips = message.header("skips"), .encoding = message.header("encoding")});
  } else {
    record = read_alerts(message.value(), message.header("content-type"));
    record.source = source;
  }
  record.log_time = message.timestamp();
  record.origin = Origin{.input = input, .offset = static_cast<std::uint64_t>(message.offset())};
  return record;
}

}  // namespace triaged::log
