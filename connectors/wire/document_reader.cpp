#include "connectors/wire/document_reader.hpp"

#include <charconv>

#include "connectors/wire/alert/label_pairs.hpp"
#include "connectors/wire/json_reader.hpp"
#include "connectors/wire/rfc3339.hpp"

namespace triaged::wire {

using simdjson::dom::element;

struct DocumentReader::Parser {
  JsonReader reader;
  LabelPairs labels;
};

namespace {

/// `read(name, value)` for each field; false where it says so or where `value` is not an object.
template <typename Read>
bool each_field(element value, Read read) {
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS) return false;
  for (const auto field : object) {
    if (!read(field.key, field.value)) return false;
  }
  return true;
}

template <typename Read>
bool each_field(JsonReader& reader, std::string_view document, Read read) {
  const auto parsed = reader.parse(reader.padded(document));
  return parsed && each_field(*parsed, read);
}

bool text(element from, std::string& to) {
  std::string_view view;
  if (from.get(view) != simdjson::SUCCESS) return false;
  to.assign(view);
  return true;
}

bool number(element from, std::uint64_t& to) { return from.get(to) == simdjson::SUCCESS; }

bool time(element from, Time& to) {
  std::string_view view;
  if (from.get(view) != simdjson::SUCCESS) return false;
  const auto parsed = parse_time(view);
  if (parsed) to = *parsed;
  return parsed.has_value();
}

bool incident(element from, std::optional<IncidentKey>& to) {
  std::string_view view;
  if (from.get(view) != simdjson::SUCCESS) return false;
  to = parse_incident_id(view);
  return to.has_value();
}

/// Of an enumeration from 0 to `last` whose names to_string() has.
template <typename Enum>
std::optional<Enum> named(std::string_view name, Enum last) {
  for (unsigned at = 0; at <= static_cast<unsigned>(last); ++at) {
    if (to_string(static_cast<Enum>(at)) == name) return static_cast<Enum>(at);
  }
  return std::nullopt;
}

template <typename Enum>
bool enumerator(element from, Enum last, Enum& to) {
  std::string_view view;
  if (from.get(view) != simdjson::SUCCESS) return false;
  const auto found = named(view, last);
  if (found) to = *found;
  return found.has_value();
}

bool priority(element from, std::uint8_t& to) {
  std::string_view view;
  if (from.get(view) != simdjson::SUCCESS) return false;
  if (view.size() != 2 || view[0] != 'P' || view[1] < '1' || view[1] > '5') return false;
  to = static_cast<std::uint8_t>(view[1] - '0');
  return true;
}

bool texts(element from, std::vector<std::string>& to) {
  simdjson::dom::array array;
  if (from.get(array) != simdjson::SUCCESS) return false;
  for (const auto one : array) {
    std::string_view view;
    if (one.get(view) != simdjson::SUCCESS) return false;
    to.emplace_back(view);
  }
  return true;
}

bool read_canonical(element from, LabelPairs& pairs, std::string& to) {
  pairs.clear();
  const bool strings = each_field(from, [&](std::string_view name, element content) {
    LabelPair pair{name, {}};
    if (name.empty() || content.get(pair.value) != simdjson::SUCCESS) return false;
    pairs.push_back(pair);
    return true;
  });
  if (!strings || pairs.sort()) return false;
  to.resize(pairs.canonical_size());
  pairs.write(to.data());
  return true;
}

bool fingerprint(element from, std::uint64_t& to) {
  std::string_view view;
  if (from.get(view) != simdjson::SUCCESS || view.size() != 16) return false;
  const auto parsed = std::from_chars(view.data(), view.data() + view.size(), to, 16);
  return parsed.ec == std::errc() && parsed.ptr == view.data() + view.size();
}

template <typename Number>
bool digits(std::string_view text, Number& to) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), to);
  return !text.empty() && parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

}  // namespace

DocumentReader::DocumentReader() : parser_(std::make_unique<Parser>()) {}
DocumentReader::~DocumentReader() = default;

bool DocumentReader::read(std::string_view document, IncidentFields& fields) {
  fields = {};
  const bool read = each_field(parser_->reader, document, [&](std::string_view name, element content) {
    if (name == "id") return text(content, fields.id);
    if (name == "change") return enumerator(content, IncidentChange::merged, fields.change);
    if (name == "state") return enumerator(content, IncidentState::merged, fields.state);
    if (name == "title") return text(content, fields.title);
    if (name == "severity") {
      std::string severity;
      if (!text(content, severity)) return false;
      fields.severity = parse_severity(severity);
      return true;
    }
    if (name == "priority") return priority(content, fields.priority);
    if (name == "rule") return text(content, fields.rule);
    if (name == "root") {
      return each_field(content, [&](std::string_view part, element value) {
        return part != "service" || text(value, fields.root_service);
      });
    }
    if (name == "services") return texts(content, fields.services);
    if (name == "team") return text(content, fields.team);
    if (name == "assignee") return text(content, fields.assignee);
    if (name == "alertCount") return number(content, fields.alert_count);
    if (name == "startedAt") return time(content, fields.started_at);
    if (name == "openedAt") return time(content, fields.opened_at);
    if (name == "updatedAt") return time(content, fields.updated_at);
    return true;
  });
  const auto key = parse_incident_id(fields.id);
  if (key) fields.key = *key;
  return read && key;
}

bool DocumentReader::read(std::string_view document, AlertFields& fields) {
  fields = {};
  return each_field(parser_->reader, document,
                    [&](std::string_view name, element content) {
                      if (name == "at") return time(content, fields.at);
                      if (name == "fingerprint") return fingerprint(content, fields.fingerprint);
                      if (name == "labels") return read_canonical(content, parser_->labels, fields.labels);
                      if (name == "state") return enumerator(content, AlertState::rejected, fields.state);
                      if (name == "service") return text(content, fields.service);
                      if (name == "incident") return incident(content, fields.incident);
                      if (name == "reason") return text(content, fields.reason);
                      return true;
                    }) &&
         !fields.labels.empty();
}

bool DocumentReader::read(std::string_view document, AuditFields& fields) {
  fields = {};
  return each_field(parser_->reader, document, [&](std::string_view name, element content) {
    if (name == "at") return time(content, fields.at);
    if (name == "incident") return text(content, fields.incident_id) && incident(content, fields.incident);
    if (name == "into") return incident(content, fields.other);
    if (name == "newIncident") return text(content, fields.new_incident_id) && incident(content, fields.other);
    if (name == "suppression") return text(content, fields.suppression);
    if (name == "accepted") return content.get(fields.accepted) == simdjson::SUCCESS;
    if (name == "reason") return text(content, fields.reason);
    return true;
  });
}

bool DocumentReader::read(std::string_view document, RejectionFields& fields) {
  fields = {};
  const bool read = each_field(parser_->reader, document, [&](std::string_view name, element content) {
    std::uint64_t number = 0;
    if (name == "source") return text(content, fields.source);
    if (name == "reason") return text(content, fields.reason);
    if (name == "input" && content.get(number) == simdjson::SUCCESS) fields.input = static_cast<std::uint32_t>(number);
    if (name == "offset" && content.get(number) == simdjson::SUCCESS) fields.offset = number;
    return true;
  });
  return read && !fields.reason.empty();
}

bool DocumentReader::read(std::string_view document, SilenceFields& fields) {
  fields = {};
  const bool read = each_field(parser_->reader, document, [&](std::string_view name, element content) {
    if (name == "id") return text(content, fields.id);
    if (name == "state") return text(content, fields.state);
    if (name == "updatedAt") return time(content, fields.updated_at);
    return true;
  });
  return read && !fields.id.empty();
}

bool DocumentReader::read_labels(std::string_view document, std::string& labels) {
  labels.clear();
  return each_field(parser_->reader, document, [&](std::string_view name, element content) {
    return name != "labels" || read_canonical(content, parser_->labels, labels);
  });
}

std::optional<IncidentKey> parse_incident_id(std::string_view id) {
  const auto last = id.rfind('-');
  if (last == std::string_view::npos || last == 0) return std::nullopt;
  const auto before = id.rfind('-', last - 1);
  if (before == std::string_view::npos) return std::nullopt;
  IncidentKey key;
  if (!digits(id.substr(before + 1, last - before - 1), key.shard)) return std::nullopt;
  if (!digits(id.substr(last + 1), key.number)) return std::nullopt;
  return key;
}

std::optional<IncidentState> parse_incident_state(std::string_view text) { return named(text, IncidentState::merged); }
std::optional<AlertState> parse_alert_state(std::string_view text) { return named(text, AlertState::rejected); }

}  // namespace triaged::wire
