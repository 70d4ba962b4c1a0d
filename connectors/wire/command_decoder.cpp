#include "connectors/wire/command_decoder.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/diagnostics.hpp"
#include "config/reading/duration.hpp"
#include "connectors/wire/json_reader.hpp"
#include "connectors/wire/json_text.hpp"

namespace triaged::wire {
namespace {

namespace dom = simdjson::dom;
using std::string_view;

constexpr std::size_t kCommandBytes = 256 * 1024;
constexpr std::size_t kKeyBytes = 128;
constexpr std::size_t kNameBytes = 256;
constexpr std::size_t kTextBytes = 16 * 1024;
constexpr std::size_t kOtherBytes = 1024;
constexpr std::size_t kMatchers = 64;
constexpr std::size_t kMatcherBytes = 5 * 1024;
constexpr std::size_t kAllMatcherBytes = 16 * 1024;
constexpr std::size_t kAlerts = 10'000;
constexpr std::size_t kDepth = 4;

using Kind = decltype(Command::what);
using Problem = std::optional<CommandFault>;

/// What a command is called, and the keys that it has besides key, actor and command.
struct Form {
  string_view name;
  std::vector<string_view> needs;
  std::vector<string_view> may_have;
};

const std::vector<Form>& forms() {
  static const std::vector<Form> kForms{
      {"acknowledge", {"incident"}, {}},
      {"assign", {"incident"}, {"assignee", "team"}},
      {"comment", {"incident", "text"}, {}},
      {"resolve", {"incident"}, {}},
      {"reopen", {"incident"}, {}},
      {"close", {"incident"}, {}},
      {"merge", {"incident", "into"}, {}},
      {"split", {"incident", "alerts"}, {}},
      {"silence", {"matchers"}, {"startsAt", "endsAt", "duration", "comment", "id"}},
      {"maintenance", {"matchers"}, {"startsAt", "endsAt", "duration", "comment", "id"}},
      {"expire", {"id"}, {}},
      {"change", {"id", "service", "implementedAt"}, {"kind"}},
      {"skip", {"position", "reason"}, {"shard"}},
  };
  return kForms;
}

CommandFault fault(string_view field, std::string reason) { return {std::string(field), std::move(reason)}; }

std::string suggestion(string_view word, std::span<const string_view> known) {
  const std::string near = config::nearest(std::string(word), {known.begin(), known.end()});
  return near.empty() ? std::string() : fmt::format("; did you mean \"{}\"?", near);
}

/// The fields of one command, read one by one.
class Fields {
 public:
  Fields(dom::object object, Time now, string_view prefix) : object_(object), now_(now), prefix_(prefix) {}

  [[nodiscard]] bool has(string_view name) const { return object_[name].error() == simdjson::SUCCESS; }

  Problem text(string_view name, std::size_t most, std::string& out) const {
    dom::element value;
    if (object_[name].get(value) != simdjson::SUCCESS) return std::nullopt;
    return text(name, value, most, out);
  }
  Problem incident(string_view name, IncidentKey& out) const {
    std::string id;
    if (auto problem = text(name, kNameBytes, id)) return problem;
    const auto key = parse_incident_key(id, prefix_);
    if (!key) {
      return fault(name, fmt::format("{} \"{}\" is no id of an incident; they look like {}-0-17", name, printable(id),
                                     printable(prefix_)));
    }
    out = *key;
    return std::nullopt;
  }
  Problem time(string_view name, std::optional<Time>& out) const {
    dom::element value;
    if (object_[name].get(value) != simdjson::SUCCESS) return std::nullopt;
    if (value.is_null()) return fault(name, fmt::format("{} is null; leave it out", name));
    if (auto wrong = read_time(name, value, out)) return fault(name, std::move(wrong->reason));
    return std::nullopt;
  }
  Problem texts(string_view name, std::size_t most, std::size_t bytes, std::vector<std::string>& out) const {
    dom::array array;
    if (object_[name].get(array) != simdjson::SUCCESS) return fault(name, fmt::format("{} is not a list", name));
    if (array.size() == 0) return fault(name, fmt::format("{} is empty", name));
    if (array.size() > most) {
      return fault(name, fmt::format("{} has {} entries, the bound is {}", name, array.size(), most));
    }
    for (const auto element : array) {
      if (auto problem = text(name, element, bytes, out.emplace_back())) return problem;
    }
    return std::nullopt;
  }
  Problem suppression(Suppression& out) const;
  Problem fingerprints(std::vector<Fingerprint>& out) const;
  Problem position(std::uint64_t& out) const {
    if (object_["position"].get(out) == simdjson::SUCCESS && out > 0) return std::nullopt;
    return fault("position", "position is not a whole number above 0");
  }
  Problem shard(std::uint32_t& out) const {
    std::uint64_t number = 0;
    if (!has("shard")) return std::nullopt;
    if (object_["shard"].get(number) != simdjson::SUCCESS || number > std::numeric_limits<std::uint32_t>::max()) {
      return fault("shard", "shard is not a whole number from 0 to 4294967295");
    }
    out = static_cast<std::uint32_t>(number);
    return std::nullopt;
  }

 private:
  static Problem text(string_view name, dom::element value, std::size_t most, std::string& out) {
    string_view given;
    if (value.get(given) != simdjson::SUCCESS) return fault(name, fmt::format("{} is not a string", name));
    if (given.empty()) return fault(name, fmt::format("{} is empty", name));
    if (given.size() > most) return fault(name, too_large(name, given.size(), most).reason);
    out = given;
    return std::nullopt;
  }

  dom::object object_;
  Time now_;
  string_view prefix_;
};

Problem Fields::suppression(Suppression& out) const {
  if (auto problem = texts("matchers", kMatchers, kMatcherBytes, out.matchers)) return problem;
  std::size_t bytes = 0;
  for (const std::string& matcher : out.matchers) bytes += matcher.size();
  if (bytes > kAllMatcherBytes) {
    return fault("matchers", fmt::format("matchers have {} bytes together, the bound is {}", bytes, kAllMatcherBytes));
  }
  if (auto problem = text("comment", kTextBytes, out.comment)) return problem;
  std::optional<Time> starts_at;
  std::optional<Time> ends_at;
  if (auto problem = time("startsAt", starts_at)) return problem;
  if (auto problem = time("endsAt", ends_at)) return problem;
  out.starts_at = starts_at.value_or(now_);
  if (has("duration") == ends_at.has_value()) {
    return fault(ends_at ? "duration" : "endsAt", "one of endsAt and duration is needed, and not both");
  }
  if (ends_at) {
    out.ends_at = *ends_at;
    return std::nullopt;
  }
  std::string given;
  if (auto problem = text("duration", kNameBytes, given)) return problem;
  const auto duration = config::parse_duration(given);
  if (!duration)
    return fault("duration", fmt::format("duration \"{}\": {}", printable(given), duration.error().message));
  if (*duration <= Duration{0} || *duration >= kLatest - out.starts_at) {
    return fault("duration", fmt::format("duration {} is not more than 0, or ends after 2100", printable(given)));
  }
  out.ends_at = out.starts_at + *duration;
  return std::nullopt;
}

Problem Fields::fingerprints(std::vector<Fingerprint>& out) const {
  std::vector<std::string> given;
  if (auto problem = texts("alerts", kAlerts, kNameBytes, given)) return problem;
  for (const std::string& text : given) {
    const auto read = parse_fingerprint(text);
    if (!read) {
      return fault("alerts", fmt::format("alerts: \"{}\" is no fingerprint of 16 hex digits", printable(text)));
    }
    out.push_back(*read);
  }
  return std::nullopt;
}

Problem read_what(string_view name, const Fields& fields, Kind& what) {
  if (name == "acknowledge") what = Acknowledge{};
  if (name == "resolve") what = Resolve{};
  if (name == "reopen") what = Reopen{};
  if (name == "close") what = Close{};
  if (name == "assign") {
    Assign& assign = what.emplace<Assign>();
    if (auto problem = fields.text("assignee", kNameBytes, assign.assignee)) return problem;
    if (auto problem = fields.text("team", kNameBytes, assign.team)) return problem;
    if (assign.assignee.empty() && assign.team.empty()) return fault("assignee", "one of assignee and team is needed");
  }
  if (name == "comment") return fields.text("text", kTextBytes, what.emplace<Comment>().text);
  if (name == "merge") return fields.incident("into", what.emplace<Merge>().into);
  if (name == "split") return fields.fingerprints(what.emplace<Split>().alerts);
  if (name == "silence" || name == "maintenance") {
    Suppress& suppress = what.emplace<Suppress>();
    suppress.suppression.kind = name == "silence" ? Suppression::Kind::silence : Suppression::Kind::maintenance;
    if (auto problem = fields.text("id", kNameBytes, suppress.replaces)) return problem;
    return fields.suppression(suppress.suppression);
  }
  if (name == "expire") return fields.text("id", kNameBytes, what.emplace<Expire>().id);
  if (name == "change") {
    ImplementChange& change = what.emplace<ImplementChange>();
    if (auto problem = fields.text("id", kOtherBytes, change.id)) return problem;
    if (auto problem = fields.text("service", kOtherBytes, change.service)) return problem;
    if (auto problem = fields.text("kind", kOtherBytes, change.kind)) return problem;
    std::optional<Time> at;
    if (auto problem = fields.time("implementedAt", at)) return problem;
    change.implemented_at = at.value_or(Time{});
  }
  return std::nullopt;
}

/// That the keys are those of the command.
Problem check_keys(dom::object object, const Form& form) {
  std::vector<string_view> own{"key", "actor", "command"};
  own.insert(own.end(), form.needs.begin(), form.needs.end());
  own.insert(own.end(), form.may_have.begin(), form.may_have.end());
  for (const auto field : object) {
    if (std::ranges::find(own, field.key) != own.end()) continue;
    return fault(printable(field.key), fmt::format("{} has no key \"{}\"{}", form.name, printable(field.key),
                                                   suggestion(field.key, std::span(own).subspan(3))));
  }
  for (const string_view needed : form.needs) {
    if (object[needed].error() != simdjson::SUCCESS) {
      return fault(needed, fmt::format("{} needs \"{}\"", form.name, needed));
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<IncidentKey> parse_incident_key(string_view text, string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  IncidentKey key;
  const auto number = [&](auto& out) {
    if (!text.starts_with('-') || text.size() < 2 || text[1] < '0' || text[1] > '9') return false;
    const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), out);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return error == std::errc();
  };
  if (!number(key.shard) || !number(key.number) || !text.empty()) return std::nullopt;
  return key;
}

std::optional<Fingerprint> parse_fingerprint(string_view text) {
  std::uint64_t bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits, 16);
  if (error != std::errc() || end != text.data() + text.size() || text.size() != 16) return std::nullopt;
  return Fingerprint{bits};
}

std::expected<DecodedCommand, CommandFault> decode_command(string_view text, Time now, string_view prefix) {
  const auto all = [](Fault wrong) { return std::unexpected(fault({}, std::move(wrong.reason))); };
  if (text.size() > kCommandBytes) return all(too_large("the command", text.size(), kCommandBytes));
  JsonReader reader;
  const auto root = reader.parse(reader.padded(text));
  if (!root) return all(root.error());
  dom::object object;
  if (root->get(object) != simdjson::SUCCESS) return std::unexpected(fault({}, "a command is a JSON object"));
  if (auto wrong = reader.check(*root, 0, kDepth)) return all(*std::move(wrong));

  std::vector<string_view> names;
  for (const Form& form : forms()) names.push_back(form.name);
  const Fields fields(object, now, prefix);
  std::string name;
  if (auto problem = fields.text("command", kNameBytes, name)) return std::unexpected(*std::move(problem));
  const auto form = std::ranges::find(forms(), name, &Form::name);
  if (form == forms().end()) {
    return std::unexpected(
        fault("command", name.empty() ? fmt::format("\"command\" is missing; it is one of {}", fmt::join(names, ", "))
                                      : fmt::format("there is no command \"{}\"{}; it is one of {}", printable(name),
                                                    suggestion(name, names), fmt::join(names, ", "))));
  }
  if (auto problem = check_keys(object, *form)) return std::unexpected(*std::move(problem));

  Command command;
  if (auto problem = fields.text("key", kKeyBytes, command.key)) return std::unexpected(*std::move(problem));
  if (command.key.empty()) {
    return std::unexpected(fault("key", "\"key\" is missing: a text of your own; a command is done once for each key"));
  }
  if (auto problem = fields.text("actor", kNameBytes, command.actor)) return std::unexpected(*std::move(problem));
  if (command.actor.empty()) return std::unexpected(fault("actor", "\"actor\" is missing: who asks"));
  if (name == "skip") {
    SkipRequest skip{.key = std::move(command.key), .actor = std::move(command.actor), .reason = {}};
    if (auto problem = fields.shard(skip.shard)) return std::unexpected(*std::move(problem));
    if (auto problem = fields.position(skip.position)) return std::unexpected(*std::move(problem));
    if (auto problem = fields.text("reason", kOtherBytes, skip.reason)) return std::unexpected(*std::move(problem));
    return skip;
  }
  if (fields.has("incident")) {
    if (auto problem = fields.incident("incident", command.incident.emplace())) {
      return std::unexpected(*std::move(problem));
    }
  }
  if (auto problem = read_what(name, fields, command.what)) return std::unexpected(*std::move(problem));
  return command;
}

}  // namespace triaged::wire
