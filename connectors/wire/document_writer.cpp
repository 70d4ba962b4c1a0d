#include "connectors/wire/document_writer.hpp"

#include <charconv>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <variant>

#include "connectors/wire/json_text.hpp"

namespace triaged::wire {
namespace {

void append_number(std::string& out, std::integral auto number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
  out.append(digits, end);
}

/// A literal without the call that append() makes; the end of what was written.
template <std::size_t N>
char* put(char* at, const char (&text)[N]) {
  std::memcpy(at, text, N - 1);
  return at + N - 1;
}

/// As to_string(Fingerprint) has it, in quotes.
char* put_fingerprint(char* at, Fingerprint fingerprint) {
  static constexpr char kHex[] = "0123456789abcdef";
  constexpr std::size_t kDigits = 16;
  auto bits = static_cast<std::uint64_t>(fingerprint);
  at[0] = '"';
  for (std::size_t digit = kDigits; digit > 0; --digit, bits >>= 4U) at[digit] = kHex[bits & 15U];
  at[kDigits + 1] = '"';
  return at + kDigits + 2;
}

char* put_quoted_time(char* at, Time time) { return put(put_time(put(at, "\""), time), "\""); }

void append_fingerprint(std::string& out, Fingerprint fingerprint) {
  char text[24];
  out.append(text, put_fingerprint(text, fingerprint));
}

void append_quoted_time(std::string& out, Time time) {
  char text[kTimeBytes + 2];
  out.append(text, put_quoted_time(text, time));
}

void append_key(std::string& out, const IncidentKey& key, std::string_view prefix) {
  append_string(out, to_string(key, prefix));
}

/// One object: opens with the first field, closes where it ends. Fields without a value are left out.
class Object {
 public:
  explicit Object(std::string& out) : out_(out) {}
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  ~Object() { out_.append(empty_ ? "{}" : "}"); }

  /// `name` needs no escapes. The value is appended to what comes back.
  std::string& field(std::string_view name) {
    const std::size_t begin = out_.size();
    const std::size_t end = begin + name.size() + 4;
    out_.resize_and_overwrite(end, [&](char* data, std::size_t) {
      data[begin] = empty_ ? '{' : ',';
      data[begin + 1] = '"';
      name.copy(data + begin + 2, name.size());
      data[end - 2] = '"';
      data[end - 1] = ':';
      return end;
    });
    empty_ = false;
    return out_;
  }
  void text(std::string_view name, std::string_view value) { append_string(field(name), value); }
  void text_if_any(std::string_view name, std::string_view value) {
    if (!value.empty()) text(name, value);
  }
  void number(std::string_view name, std::integral auto value) { append_number(field(name), value); }
  void boolean(std::string_view name, bool value) { field(name).append(value ? "true" : "false"); }
  void time(std::string_view name, Time value) { append_quoted_time(field(name), value); }
  void time_if_any(std::string_view name, std::optional<Time> value) {
    if (value && *value != kNever) time(name, *value);
  }
  void labels(std::string_view name, LabelsView value) { append_labels(field(name), value); }
  void fingerprint(std::string_view name, Fingerprint value) { append_fingerprint(field(name), value); }
  void incident(std::string_view name, const IncidentKey& value, std::string_view prefix) {
    append_key(field(name), value, prefix);
  }
  /// `append(out, element)` for each element.
  void list(std::string_view name, const auto& values, auto append) {
    char before = '[';
    field(name);
    for (const auto& value : values) {
      out_.push_back(before);
      append(out_, value);
      before = ',';
    }
    out_.append(before == '[' ? "[]" : "]");
  }
  void list_if_any(std::string_view name, const auto& values, auto append) {
    if (!values.empty()) list(name, values, append);
  }

 private:
  std::string& out_;
  bool empty_ = true;
};

void append_candidate(std::string& out, const RootCandidate& candidate) {
  Object object(out);
  object.text("service", candidate.service);
  object.number("score", candidate.score);
  object.text_if_any("why", candidate.why);
}

void append_root(std::string& out, const RootCause& root) {
  Object object(out);
  object.text("service", root.service);
  if (root.alert) object.fingerprint("alert", *root.alert);
  object.text_if_any("why", root.why);
  object.list_if_any("candidates", root.candidates, append_candidate);
}

/// Up to fifty a document, so most of what is written.
void append_member(std::string& out, const IncidentAlert& alert) {
  char text[160];
  char* at = put_fingerprint(put(text, R"({"fingerprint":)"), alert.fingerprint);
  out.append(text, put(at, R"(,"labels":)"));
  append_labels(out, alert.labels);
  at = alert.firing ? put(text, R"(,"state":"firing")") : put(text, R"(,"state":"resolved")");
  if (alert.flapping) at = put(at, R"(,"flapping":true)");
  at = put_quoted_time(put(at, R"(,"startsAt":)"), alert.starts_at);
  if (alert.ends_at != kNever) at = put_quoted_time(put(at, R"(,"endsAt":)"), alert.ends_at);
  out.append(text, put(at, "}"));
}

void append_evidence(std::string& out, const Evidence& evidence) {
  Object object(out);
  object.text("rule", evidence.rule);
  object.text_if_any("file", evidence.file);
  if (evidence.line != 0) object.number("line", evidence.line);
  object.text("why", evidence.why);
}

void append_text(std::string& out, const std::string& text) { append_string(out, text); }

/// How a command is called, and its own fields. `audit`: as in an audit record, where ids say what they are ids of.
class CommandFields {
 public:
  CommandFields(Object& object, std::string_view prefix, bool audit)
      : object_(object), prefix_(prefix), audit_(audit) {}

  void operator()(const Acknowledge& /*what*/) { name("acknowledge"); }
  void operator()(const Resolve& /*what*/) { name("resolve"); }
  void operator()(const Reopen& /*what*/) { name("reopen"); }
  void operator()(const Close& /*what*/) { name("close"); }
  void operator()(const Assign& what) {
    name("assign");
    object_.text_if_any("assignee", what.assignee);
    object_.text_if_any("team", what.team);
  }
  void operator()(const Comment& what) {
    name("comment");
    object_.text_if_any("text", what.text);
  }
  void operator()(const Merge& what) {
    name("merge");
    object_.incident("into", what.into, prefix_);
  }
  void operator()(const Split& what) {
    name("split");
    object_.list_if_any("alerts", what.alerts, append_fingerprint);
  }
  void operator()(const Suppress& what) {
    name(to_string(what.suppression.kind));
    if (!audit_) object_.text_if_any("id", what.replaces);
    object_.list_if_any("matchers", what.suppression.matchers, append_text);
    object_.time("startsAt", what.suppression.starts_at);
    object_.time("endsAt", what.suppression.ends_at);
    object_.text_if_any("comment", what.suppression.comment);
  }
  void operator()(const Expire& what) {
    name("expire");
    if (!audit_) object_.text_if_any("id", what.id);
  }
  void operator()(const ImplementChange& what) {
    name("change");
    object_.text_if_any(audit_ ? "change" : "id", what.id);
    object_.text_if_any("service", what.service);
    object_.text_if_any("kind", what.kind);
    object_.time("implementedAt", what.implemented_at);
  }

 private:
  void name(std::string_view name) { object_.text("command", name); }

  Object& object_;
  std::string_view prefix_;
  bool audit_;
};

/// What a command says that it acts on, where the result does not.
std::string_view suppression_of(const CommandResult& result) {
  if (!result.suppression.empty()) return result.suppression;
  if (const auto* expire = std::get_if<Expire>(&result.command.what)) return expire->id;
  if (const auto* suppress = std::get_if<Suppress>(&result.command.what)) return suppress->replaces;
  return {};
}

char priority_digit(std::uint8_t priority) { return static_cast<char>('0' + priority); }

}  // namespace

void append_incident(std::string& out, const IncidentDocument& document, std::string_view prefix) {
  Object object(out);
  object.incident("id", document.key, prefix);
  object.number("revision", document.revision);
  object.text("change", triaged::to_string(document.change));
  object.text("state", triaged::to_string(document.state));
  object.text("title", document.title);
  object.text("severity", triaged::to_string(document.severity));
  object.number("impact", document.impact);
  object.number("urgency", document.urgency);
  const char priority[] = {'P', priority_digit(document.priority)};
  object.text("priority", {priority, sizeof(priority)});
  object.boolean("major", document.major);
  object.text("rule", document.rule);
  if (document.root && !document.root->service.empty()) append_root(object.field("root"), *document.root);
  object.list("services", document.services, append_text);
  object.list_if_any("configurationItems", document.configuration_items, append_text);
  object.list_if_any("customers", document.customers, append_text);
  object.list_if_any("suppliers", document.suppliers, append_text);
  object.text_if_any("team", document.team);
  object.text_if_any("assignee", document.assignee);
  object.labels("labels", document.labels);
  object.text_if_any("runbook", document.runbook);
  object.number("alertCount", document.alert_count);
  object.list("alerts", document.alerts, append_member);
  object.time("startedAt", document.started_at);
  object.time_if_any("endedAt", document.ended_at);
  object.time("openedAt", document.opened_at);
  object.time("updatedAt", document.updated_at);
  object.time_if_any("acknowledgedAt", document.acknowledged_at);
  object.time_if_any("resolvedAt", document.resolved_at);
  object.time_if_any("closedAt", document.closed_at);
  object.list_if_any("changes", document.changes, append_text);
  if (document.merged_into) object.incident("mergedInto", *document.merged_into, prefix);
  object.list("evidence", document.evidence, append_evidence);
}

void append_membership(std::string& out, const Membership& membership, std::string_view prefix) {
  Object object(out);
  object.time("at", membership.at);
  object.labels("labels", membership.labels);
  object.time("startsAt", membership.starts_at);
  object.incident("incident", membership.incident, prefix);
}

void append_alert_record(std::string& out, const AlertRecord& record, std::string_view prefix) {
  Object object(out);
  object.time("at", record.at);
  object.fingerprint("fingerprint", record.fingerprint);
  object.labels("labels", record.labels);
  object.text("state", triaged::to_string(record.state));
  object.time("startsAt", record.starts_at);
  object.time_if_any("endsAt", record.ends_at);
  object.text_if_any("service", record.service);
  if (!record.service.empty()) object.boolean("knownService", record.known_service);
  if (record.incident) object.incident("incident", *record.incident, prefix);
  object.text_if_any("reason", record.reason);
  object.number("repeats", record.repeats);
}

void append_command(std::string& out, const Command& command, std::string_view prefix) {
  Object object(out);
  object.text("key", command.key);
  object.text("actor", command.actor);
  if (command.incident) object.incident("incident", *command.incident, prefix);
  std::visit(CommandFields(object, prefix, false), command.what);
}

void append_command_result(std::string& out, std::string_view id, const CommandResult& result,
                           std::string_view prefix) {
  const Command& command = result.command;
  Object object(out);
  object.text("id", id);
  object.time("at", result.at);
  object.text("actor", command.actor);
  object.text_if_any("key", command.key);
  if (command.incident) object.incident("incident", *command.incident, prefix);
  std::visit(CommandFields(object, prefix, true), command.what);
  object.boolean("accepted", result.accepted);
  object.boolean("repeated", result.repeated);
  object.text_if_any("reason", result.reason);
  if (result.incident && result.incident != command.incident) {
    object.incident("newIncident", *result.incident, prefix);
  }
  object.text_if_any("suppression", suppression_of(result));
}

void append_skip_result(std::string& out, std::string_view id, const SkipRequest& skip, const SkipResult& result) {
  Object object(out);
  object.text("id", id);
  object.time("at", result.at);
  object.text("actor", skip.actor);
  object.text_if_any("key", skip.key);
  object.text("command", "skip");
  object.number("position", skip.position);
  object.text_if_any("text", skip.reason);
  object.boolean("accepted", result.accepted);
  object.boolean("repeated", false);
  object.text_if_any("reason", result.reason);
}

void append_engine_change(std::string& out, std::string_view id, Time at, std::string_view text) {
  Object object(out);
  object.text("id", id);
  object.time("at", at);
  object.text("actor", "operator");
  object.text("command", "accept-engine-change");
  object.text("text", text);
  object.boolean("accepted", true);
  object.boolean("repeated", false);
}

void append_suppression(std::string& out, const SuppressionDocument& document) {
  const Suppression& what = document.suppression;
  Object object(out);
  object.text("id", document.id);
  object.number("revision", document.revision);
  object.text("kind", triaged::to_string(what.kind));
  object.text("state", triaged::to_string(document.state));
  object.list("matchers", what.matchers, append_text);
  object.time("startsAt", what.starts_at);
  object.time("endsAt", what.ends_at);
  object.text_if_any("comment", what.comment);
  object.text_if_any("createdBy", document.created_by);
  object.time("createdAt", document.created_at);
  object.time("updatedAt", document.updated_at);
}

}  // namespace triaged::wire
