#include "rules/match/matcher.hpp"

#include <algorithm>
#include <utility>

namespace triaged {
namespace {

constexpr std::string_view kSpace = " \t\r\n\f\v";
// What ends a name that is not quoted, as in Alertmanager's lexer.
constexpr std::string_view kReserved = " \t\r\n\f\v{}!=~,\\\"'`";

std::string_view to_string(MatchOp op) {
  switch (op) {
    case MatchOp::equal: return "=";
    case MatchOp::not_equal: return "!=";
    case MatchOp::regex: return "=~";
    case MatchOp::not_regex: return "!~";
  }
  return "=";
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    if (c == '\n') {
      out += "\\n";
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
  return out;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  void skip_space() { at_ = std::min(text_.find_first_not_of(kSpace, at_), text_.size()); }
  [[nodiscard]] std::size_t offset() const { return at_; }
  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  [[nodiscard]] bool at_quote() const { return !at_end() && text_[at_] == '"'; }

  std::string_view bare_name() {
    const auto end = std::min(text_.find_first_of(kReserved, at_), text_.size());
    const auto name = text_.substr(at_, end - at_);
    at_ = end;
    return name;
  }

  std::expected<MatchOp, MatchError> op() {
    static constexpr std::pair<std::string_view, MatchOp> kOps[] = {
        {"=~", MatchOp::regex}, {"!~", MatchOp::not_regex}, {"!=", MatchOp::not_equal}, {"=", MatchOp::equal}};
    for (const auto& [symbol, op] : kOps) {
      if (!text_.substr(at_).starts_with(symbol)) continue;
      at_ += symbol.size();
      return op;
    }
    return std::unexpected(MatchError{at_, "expected one of =, !=, =~, !~ after the label name"});
  }

  std::expected<std::string, MatchError> quoted_text() {
    const auto begin = at_++;
    std::string out;
    for (; !at_end(); ++at_) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return out;
      }
      if (c != '\\') {
        out.push_back(c);
        continue;
      }
      if (++at_ == text_.size()) break;
      switch (text_[at_]) {
        case '"': out.push_back('"'); break;
        case '\\': out.push_back('\\'); break;
        case 'n': out.push_back('\n'); break;
        default:
          return std::unexpected(
              MatchError{at_ - 1, R"(unknown escape: only \", \\ and \n are known; write a backslash as \\)"});
      }
    }
    return std::unexpected(MatchError{begin, "the closing quote is missing"});
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::expected<Matcher, MatchError> Matcher::make(std::string name, MatchOp op, std::string value) {
  if (name.empty()) return std::unexpected(MatchError{0, "the label name is empty"});
  Matcher matcher;
  if (op == MatchOp::regex || op == MatchOp::not_regex) {
    auto regex = AnchoredRegex::compile(value, AnchoredRegex::Dot::not_newline);
    if (!regex) return std::unexpected(MatchError{0, std::move(regex.error())});
    matcher.regex_ = std::move(*regex);
  }
  matcher.name_ = std::move(name);
  matcher.op_ = op;
  matcher.value_ = std::move(value);
  return matcher;
}

std::expected<Matcher, MatchError> Matcher::parse(std::string_view text) {
  Reader reader(text);
  reader.skip_space();
  const auto name_at = reader.offset();
  std::string name;
  if (reader.at_quote()) {
    auto read = reader.quoted_text();
    if (!read) return std::unexpected(std::move(read.error()));
    name = std::move(*read);
  } else {
    name = reader.bare_name();
  }
  if (name.empty()) return std::unexpected(MatchError{name_at, "expected a label name"});
  reader.skip_space();
  const auto op = reader.op();
  if (!op) return std::unexpected(op.error());
  reader.skip_space();
  const auto value_at = reader.offset();
  if (!reader.at_quote()) {
    return std::unexpected(MatchError{value_at, "the value must stand in double quotes: name=\"value\""});
  }
  auto value = reader.quoted_text();
  if (!value) return std::unexpected(std::move(value.error()));
  reader.skip_space();
  if (!reader.at_end()) {
    return std::unexpected(MatchError{reader.offset(), "unexpected text after the value; one matcher an entry"});
  }
  auto matcher = make(std::move(name), *op, std::move(*value));
  if (!matcher) return std::unexpected(MatchError{value_at, std::move(matcher.error().message)});
  return matcher;
}

bool Matcher::matches_value(std::string_view value) const {
  switch (op_) {
    case MatchOp::equal: return value == value_;
    case MatchOp::not_equal: return value != value_;
    case MatchOp::regex: return regex_.matches(value);
    case MatchOp::not_regex: return !regex_.matches(value);
  }
  return false;
}

std::string Matcher::text() const {
  std::string out = name_.find_first_of(kReserved) == std::string::npos ? name_ : quoted(name_);
  out += to_string(op_);
  return out + quoted(value_);
}

bool matches_all(const Matchers& matchers, LabelsView labels) { return first_failing(matchers, labels) == nullptr; }

const Matcher* first_failing(const Matchers& matchers, LabelsView labels) {
  for (const auto& matcher : matchers) {
    if (!matcher.matches(labels)) return &matcher;
  }
  return nullptr;
}

}  // namespace triaged
