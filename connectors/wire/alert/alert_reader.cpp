#include "connectors/wire/alert/alert_reader.hpp"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "connectors/wire/json_text.hpp"
#include "connectors/wire/rfc3339.hpp"

namespace triaged::wire {
namespace {

namespace dom = simdjson::dom;

/// Year 1 is how Go writes a time that was never set.
std::optional<Fault> read_bound(std::string_view field, dom::element value, std::optional<Time>& time) {
  std::string_view text;
  const bool year_one = value.get(text) == simdjson::SUCCESS && text.starts_with("0001-");
  if (year_one && parse_time(text) == kUnsetTime) return std::nullopt;
  return read_time(field, value, time);
}

}  // namespace

std::optional<Fault> AlertReader::read(JsonReader& reader, dom::element alert, std::uint64_t line, AlertBatch& batch) {
  dom::object object;
  if (alert.get(object) != simdjson::SUCCESS) return Fault{"malformed_json", "not an alert: not a JSON object"};
  if (auto fault = read_fields(reader, object)) return fault;
  if (parts_.ends_before_it_starts()) {
    std::string reason = "endsAt ";
    append_time(reason, *parts_.ends_at);
    append_time(reason.append(" is before startsAt "), *parts_.starts_at);
    return Fault{"time", std::move(reason)};
  }
  parts_.append_to(batch, line);
  return std::nullopt;
}

std::optional<Fault> AlertReader::read_fields(JsonReader& reader, dom::object alert) {
  parts_.clear();
  unsigned seen = 0;
  for (const auto field : alert) {
    const AlertField kind = alert_field(field.key);
    const unsigned bit = 1U << static_cast<unsigned>(kind);
    if (kind != AlertField::unknown && (seen & bit) != 0) return duplicate_key(field.key);
    seen |= bit;
    std::optional<Fault> fault;
    switch (kind) {
      case AlertField::labels: fault = read_labels(field.value); break;
      case AlertField::annotations: fault = read_annotations(field.value); break;
      case AlertField::starts_at: fault = read_bound("startsAt", field.value, parts_.starts_at); break;
      case AlertField::ends_at: fault = read_bound("endsAt", field.value, parts_.ends_at); break;
      case AlertField::received_at: fault = read_time("receivedAt", field.value, parts_.received_at); break;
      case AlertField::unknown:
        parts_.unknown.push_back(field.key);
        fault = reader.check(field.value, 1, limits_.depth);
        break;
    }
    if (fault) return fault;
  }
  if (parts_.labels.canonical_size() == 0) return Fault{"labels", "no labels"};
  if (const auto twice = parts_.unknown_twice()) return duplicate_key(*twice);
  return std::nullopt;
}

std::optional<Fault> AlertReader::read_labels(dom::element value) {
  dom::object object;
  if (value.get(object) != simdjson::SUCCESS) return Fault{"labels", "labels is not an object"};
  if (object.size() > limits_.labels) {
    return Fault{"labels", fmt::format("{} labels, the bound is {}", object.size(), limits_.labels)};
  }
  for (const auto field : object) {
    std::string_view text;
    if (field.value.get(text) != simdjson::SUCCESS) {
      return Fault{"labels", fmt::format("label \"{}\" is not a string", printable(field.key))};
    }
    if (field.key.empty()) return Fault{"labels", "a label without a name"};
    if (field.key.size() > limits_.label_bytes) {
      return too_large(fmt::format("the name of label \"{}\"", printable(field.key)), field.key.size(),
                       limits_.label_bytes);
    }
    if (text.size() > limits_.label_bytes) {
      return too_large(fmt::format("the value of label \"{}\"", printable(field.key)), text.size(),
                       limits_.label_bytes);
    }
    parts_.labels.push_back({field.key, text});
  }
  if (const auto twice = parts_.labels.sort()) return duplicate_key(*twice);
  return std::nullopt;
}

std::optional<Fault> AlertReader::read_annotations(dom::element value) {
  if (value.is_null()) return std::nullopt;
  dom::object object;
  if (value.get(object) != simdjson::SUCCESS) return Fault{"annotations", "annotations is not an object"};
  for (const auto field : object) {
    std::string_view text;
    if (field.value.get(text) != simdjson::SUCCESS) {
      return Fault{"annotations", fmt::format("annotation \"{}\" is not a string", printable(field.key))};
    }
    if (field.key.empty()) return Fault{"annotations", "an annotation without a name"};
    parts_.annotations.push_back({field.key, text});
  }
  if (const auto twice = parts_.annotations.sort()) return duplicate_key(*twice);
  return std::nullopt;
}

}  // namespace triaged::wire
