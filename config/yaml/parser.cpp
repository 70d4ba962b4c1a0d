#include <algorithm>
#include <optional>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "config/yaml/brackets.hpp"
#include "config/yaml/builder.hpp"
#include "config/yaml/matcher_text.hpp"
#include "config/yaml/node.hpp"
#include "config/yaml/repair.hpp"

namespace triaged::config::yaml {
namespace {

constexpr int kMostAttempts = 20;
constexpr std::size_t kMostBytesParsedAgain = std::size_t{8} << 20U;

// yaml-cpp stops without a word where the text goes on but the tree does not, and at a quote that nothing closes. So a
// document of our own is put behind the text: it must be the next one that comes.
constexpr std::string_view kSentinel = "end of file";

struct Fault {
  Position at;
  std::string message;
};

std::string plainer(std::string_view message) {
  static const std::pair<std::string_view, std::string_view> kMessages[] = {
      {YAML::ErrorMsg::END_OF_MAP,
       "this does not fit here: a key of the mapping above, or less indentation, was expected"},
      {YAML::ErrorMsg::END_OF_SEQ,
       "this does not fit here: an entry of the list above (\"- \"), or less indentation, was expected"},
      {YAML::ErrorMsg::END_OF_SEQ_FLOW, "this does not fit here: \",\" or \"]\" was expected"},
      {YAML::ErrorMsg::END_OF_MAP_FLOW, "this does not fit here: \",\" or \"}\" was expected"},
      {YAML::ErrorMsg::MAP_VALUE, "a \":\" that fits nothing; put a text that has \": \" in it in quotes"},
      {YAML::ErrorMsg::MAP_KEY, "a key can't stand here; check the indentation"},
      {YAML::ErrorMsg::BLOCK_ENTRY, "a list entry (\"- \") can't stand here; check the indentation"},
      {YAML::ErrorMsg::TAB_IN_INDENTATION, "a tab in the indentation; YAML is indented with spaces"},
      {YAML::ErrorMsg::FLOW_END, "a bracket that closes nothing; put the text in quotes"},
      {YAML::ErrorMsg::UNKNOWN_TOKEN, "a text can't begin with this character; put it in quotes"},
      {YAML::ErrorMsg::INVALID_ESCAPE, "in double quotes \"\\\" begins an escape, and this is none; use single quotes"},
      {YAML::ErrorMsg::UNKNOWN_ANCHOR,
       "aliases are not taken; write the value out, or put a text that begins with * in quotes"},
  };
  for (const auto& entry : kMessages) {
    if (message.starts_with(entry.first)) return std::string(entry.second);
  }
  return std::string(message);
}

// The first thing behind the user's text, and whether it is ours.
class Rest : public YAML::EventHandler {
 public:
  explicit Rest(int sentinel_line) : sentinel_line_(sentinel_line) {}
  [[nodiscard]] bool is_sentinel() const { return sentinel_; }
  [[nodiscard]] YAML::Mark start() const { return start_; }

  void OnDocumentStart(const YAML::Mark& mark) override { start_ = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnAlias(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnScalar(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                const std::string& value) override {
    sentinel_ = sentinel_ || (mark.line == sentinel_line_ && value == kSentinel);
  }
  void OnSequenceStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                       YAML::EmitterStyle::value /*style*/) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {}
  void OnMapEnd() override {}

 private:
  int sentinel_line_;
  bool sentinel_ = false;
  YAML::Mark start_;
};

struct Attempt {
  /// `bad_line`: what mending the line `blamed` may help against.
  enum class Outcome : std::uint8_t { good, bad_line, second_document, lost_rest, too_much };
  Outcome outcome = Outcome::good;
  Fault fault;  // where the outcome is not good
  std::uint32_t blamed = 0;
  Node root;
  Builder::Found found;
};

class Reading {
 public:
  Reading(Document& document, const Limits& limits)
      : source_(*document.source), faults_(*document.faults), document_(document), limits_(limits) {}

  void run();

 private:
  Attempt attempt(const std::string& text, const std::set<Position>& broken);
  void check_rest(YAML::Parser& parser, std::string_view text, int sentinel_line, Attempt& attempt) const;
  void bad_line(std::string_view text, const YAML::Exception& e, Attempt& attempt) const;
  void unclosed(std::string_view text, Attempt& attempt) const;
  [[nodiscard]] std::optional<Fault> no_key_before(Position at) const;
  [[nodiscard]] bool check_directives();
  void report(const Fault& fault);

  const Source& source_;
  Faults& faults_;
  Document& document_;
  const Limits& limits_;
};

Attempt Reading::attempt(const std::string& text, const std::set<Position>& broken) {
  std::string whole = text;
  if (!whole.empty() && whole.back() != '\n') whole.push_back('\n');
  const auto marker_line = static_cast<int>(std::count(whole.begin(), whole.end(), '\n'));  // 0-based
  whole.append("---\n").append(kSentinel).append("\n");
  std::istringstream in(std::move(whole));
  Attempt attempt;
  Builder builder(source_, limits_, broken, document_.kept_texts);
  try {
    YAML::Parser parser(in);
    parser.HandleNextDocument(builder);
    if (builder.first_line() >= marker_line) return attempt;  // there is no document before ours
    check_rest(parser, text, marker_line + 1, attempt);
  } catch (const Builder::LimitExceeded& limit) {
    attempt.outcome = Attempt::Outcome::too_much;
    attempt.fault = {limit.at, limit.message};
  } catch (const YAML::Exception& e) {
    attempt.outcome = Attempt::Outcome::bad_line;
    if (e.mark.is_null() || e.mark.line >= marker_line) {
      unclosed(text, attempt);
    } else {
      bad_line(text, e, attempt);
    }
  }
  attempt.root = std::move(builder.root());
  attempt.found = builder.found();
  return attempt;
}

void Reading::check_rest(YAML::Parser& parser, std::string_view text, int sentinel_line, Attempt& attempt) const {
  Rest rest(sentinel_line);
  try {
    if (!parser.HandleNextDocument(rest)) {
      attempt.outcome = Attempt::Outcome::bad_line;
      unclosed(text, attempt);
      return;
    }
  } catch (const YAML::Exception& e) {
    if (rest.start().is_null()) rest.OnDocumentStart(e.mark);
  }
  if (rest.is_sentinel()) return;
  const Position at = source_.position_of(rest.start().line, rest.start().column);
  const auto before = source_.text().substr(0, source_.offset(at));
  if (source_.line(at.line).starts_with("---") || before.contains("\n...")) {
    attempt.outcome = Attempt::Outcome::second_document;
    attempt.fault = {at, "a second document begins here; a file has one"};
  } else {
    attempt.outcome = Attempt::Outcome::lost_rest;
    attempt.fault = {at, "this belongs to nothing above it, so all from here on would be lost; check the indentation"};
  }
}

void Reading::bad_line(std::string_view text, const YAML::Exception& e, Attempt& attempt) const {
  const Position at = source_.position_of(e.mark.line, e.mark.column);
  attempt.fault = {at, plainer(e.msg)};
  attempt.blamed = at.line;
  if (e.msg == YAML::ErrorMsg::MAP_VALUE) {
    if (auto fault = no_key_before(at)) {
      attempt.fault = std::move(*fault);
      attempt.blamed = attempt.fault.at.line;
      return;
    }
  }
  std::size_t line_start = 0;
  for (int line = 0; line < e.mark.line; ++line) line_start = text.find('\n', line_start) + 1;
  const auto open = find_open(text.substr(0, line_start));
  if (!open) return;
  attempt.blamed = static_cast<std::uint32_t>(std::count(text.begin(), text.begin() + *open, '\n') + 1);
  attempt.fault.message += fmt::format("; the \"{}\" of line {} is open", text[*open], attempt.blamed);
}

// A line without a colon is taken together with the key on the next, which is then no key.
std::optional<Fault> Reading::no_key_before(Position at) const {
  const auto indent = [&](std::uint32_t line) { return source_.line(line).find_first_not_of(' '); };
  std::uint32_t line = at.line - 1;
  while (line > 0 && indent(line) == std::string_view::npos) --line;
  const auto text = source_.line(line);
  if (line == 0 || indent(line) < indent(at.line) || text.contains(": ") || text.ends_with(':')) return std::nullopt;
  const auto word = text.substr(indent(line));
  if (word.starts_with('-') || word.starts_with('#')) return std::nullopt;
  const auto colon = word.find(':');
  return Fault{
      {line, static_cast<std::uint32_t>(indent(line) + 1)},
      colon == std::string_view::npos ? "a key needs a \":\" behind it" : "a space is missing behind the \":\""};
}

// yaml-cpp takes any line that begins with % for a directive, and drops it.
bool Reading::check_directives() {
  const std::size_t before = faults_.count();
  const auto text = source_.text();
  for (std::size_t at = 0; at < text.size(); at = std::min(text.find('\n', at), text.size() - 1) + 1) {
    if (text[at] != '%') continue;
    faults_.error(source_.position(at), "directives are not taken; put a text that begins with % in quotes");
  }
  return faults_.count() == before;
}

// The text ended inside of something.
void Reading::unclosed(std::string_view text, Attempt& attempt) const {
  const auto open = find_open(text);
  if (!open) {
    attempt.fault = {{}, "the file ends inside of something that is not closed"};
    return;
  }
  const auto before = text.substr(0, *open);
  const auto line = static_cast<int>(std::count(before.begin(), before.end(), '\n'));
  const auto byte = static_cast<int>(*open - (before.rfind('\n') + 1));  // npos + 1 is 0
  attempt.fault.at = source_.position_of(line, byte);
  attempt.blamed = attempt.fault.at.line;
  const char c = text[*open];
  attempt.fault.message = c == '[' || c == '{' ? fmt::format("\"{}\" is not closed", c) : "this quote is not closed";
}

void Reading::report(const Fault& fault) {
  std::string message = fault.message;
  if (const auto matcher = find_matcher(source_.line(fault.at.line)); !matcher.empty()) {
    message += fmt::format("; is this a matcher? write {}", in_single_quotes(matcher));
  }
  faults_.error(fault.at, message);
}

void Reading::run() {
  if (source_.text().size() > limits_.bytes) {
    faults_.error({}, fmt::format("{} bytes; a {} has at most {} MiB", source_.text().size(), limits_.what,
                                  limits_.bytes >> 20U));
    return;
  }
  if (!check_text(source_, faults_) || !check_directives()) return;
  std::optional<Repair> repair;
  const auto tabs = tabs_in_indentation(source_);
  for (const Position tab : tabs) faults_.error(tab, "a tab in the indentation; YAML is indented with spaces");
  if (!tabs.empty()) repair.emplace(source_);

  static const std::set<Position> kNone;
  std::size_t parsed_again = 0;
  Attempt last;
  for (int count = 0; count < kMostAttempts && parsed_again <= kMostBytesParsedAgain; ++count) {
    last = attempt(repair ? repair->text() : std::string(source_.text()), repair ? repair->broken() : kNone);
    if (last.outcome != Attempt::Outcome::bad_line) break;
    const std::uint32_t line = last.blamed;
    // What a tab means is a guess, so what follows one may be its consequence.
    const bool told = (repair && repair->touched(line)) || (!tabs.empty() && tabs.front().line <= line);
    if (!told) report(last.fault);
    if (!repair) repair.emplace(source_);
    if (!repair->mend(line)) break;
    parsed_again += source_.text().size();
  }
  if (repair) faults_.set_mended();
  for (const auto& [at, message] : last.found) faults_.error(at, message);
  switch (last.outcome) {
    case Attempt::Outcome::good: break;
    case Attempt::Outcome::bad_line: return;
    case Attempt::Outcome::second_document: report(last.fault); break;
    case Attempt::Outcome::lost_rest:
    case Attempt::Outcome::too_much: report(last.fault); return;
  }
  document_.root = std::move(last.root);
  document_.usable = true;
}

}  // namespace

Document parse(std::string name, std::string text, const Limits& limits) {
  Document document;
  document.source = std::make_unique<const Source>(std::move(name), std::move(text));
  document.faults = std::make_unique<Faults>(*document.source);
  Reading(document, limits).run();
  return document;
}

}  // namespace triaged::config::yaml
