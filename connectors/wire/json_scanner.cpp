#include "connectors/wire/json_scanner.hpp"

#include "connectors/wire/json_text.hpp"

namespace triaged::wire {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

/// The end of the number that begins at `at`, or `at` where there is none.
std::size_t number_end(std::string_view text, std::size_t at) {
  const std::size_t begin = at;
  const auto has = [&](std::size_t where, auto... wanted) {
    return where < text.size() && ((text[where] == wanted) || ...);
  };
  if (has(at, '-')) ++at;
  const std::size_t integer = at;
  at = skip_digits(text, at);
  if (at == integer || (text[integer] == '0' && at > integer + 1)) return begin;
  if (has(at, '.')) {
    const std::size_t fraction = at + 1;
    at = skip_digits(text, fraction);
    if (at == fraction) return begin;
  }
  if (has(at, 'e', 'E')) {
    const std::size_t exponent = has(at + 1, '+', '-') ? at + 2 : at + 1;
    at = skip_digits(text, exponent);
    if (at == exponent) return begin;
  }
  return at;
}

/// The length of the escape that begins at `at`, or 0 where it is none.
std::size_t escape_length(std::string_view text, std::size_t at) {
  const auto rest = text.substr(at + 1);
  if (rest.empty()) return 0;
  if (std::string_view("\"\\/bfnrt").find(rest[0]) != std::string_view::npos) return 2;
  if (rest[0] != 'u' || rest.size() < 5) return 0;
  for (const char c : rest.substr(1, 4)) {
    if (!is_hex(c)) return 0;
  }
  return 6;
}

}  // namespace

JsonScanner::Status JsonScanner::status() const {
  if (!fault_.empty()) return Status::broken;
  return expect_ == Expect::nothing ? Status::complete : Status::open;
}

JsonScanner::Status JsonScanner::feed(std::string_view text) {
  for (std::size_t at = 0; at < text.size() && fault_.empty();) {
    const char c = text[at];
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      line_ += c == '\n' ? 1 : 0;
      ++at;
    } else if (!token(text, at)) {
      break;
    }
  }
  base_ += text.size();
  return status();
}

bool JsonScanner::token(std::string_view text, std::size_t& at) {
  const char c = text[at];
  const bool value = expect_ == Expect::value || expect_ == Expect::value_or_end;
  switch (c) {
    case '{':
    case '[':
      if (!value) break;
      return open_container(c == '{', at++);
    case '}':
      if (expect_ != Expect::key_or_end && expect_ != Expect::comma_or_end) break;
      return close_container(true, at++);
    case ']':
      if (expect_ != Expect::value_or_end && expect_ != Expect::comma_or_end) break;
      return close_container(false, at++);
    case ',':
      if (expect_ != Expect::comma_or_end) break;
      expect_ = objects_[depth_ - 1] ? Expect::key : Expect::value;
      ++at;
      return true;
    case ':':
      if (expect_ != Expect::colon) break;
      expect_ = Expect::value;
      ++at;
      return true;
    case '"':
      if (!value && expect_ != Expect::key && expect_ != Expect::key_or_end) break;
      return key_or_string(text, at);
    default:
      if (!value) break;
      return scalar(text, at);
  }
  switch (expect_) {
    case Expect::value:
    case Expect::value_or_end: return broken("expected a value", at);
    case Expect::key:
    case Expect::key_or_end: return broken("expected a key", at);
    case Expect::colon: return broken("expected ':'", at);
    case Expect::comma_or_end: return broken("expected ',' or the end of the object or array", at);
    case Expect::nothing: break;
  }
  return broken("text behind the end of the document", at);
}

bool JsonScanner::open_container(bool object, std::size_t at) {
  if (depth_ == kDepth) return broken("nested too deeply", at);
  value_begins(at);
  const bool is_list = depth_ == 0 ? !object : (depth_ == 1 && list_key_ && !object);
  objects_[depth_++] = object;
  expect_ = object ? Expect::key_or_end : Expect::value_or_end;
  if (is_list) {
    list_.twice = list_.found;
    list_.found = true;
    list_.begin = base_ + at + 1;
    list_depth_ = depth_;
  }
  return true;
}

bool JsonScanner::close_container(bool object, std::size_t at) {
  if (objects_[depth_ - 1] != object) return broken(object ? "'}' closes an array" : "']' closes an object", at);
  if (list_depth_ == depth_) {
    list_.end = base_ + at;
    list_depth_ = 0;
  }
  --depth_;
  value_ends(at + 1);
  return true;
}

bool JsonScanner::key_or_string(std::string_view text, std::size_t& at) {
  const std::size_t begin = at++;
  for (;;) {
    at += plain_prefix(text.substr(at));
    if (at == text.size()) return broken("ends inside a string", at);
    if (text[at] == '"') break;
    if (text[at] != '\\')
      return broken(text[at] == '\n' ? "ends inside a string" : "control character in a string", at);
    const std::size_t escape = escape_length(text, at);
    if (escape == 0) return broken("bad escape in a string", at);
    at += escape;
  }
  ++at;
  if (expect_ == Expect::key || expect_ == Expect::key_or_end) {
    if (depth_ == 1) list_key_ = text.substr(begin, at - begin) == "\"alerts\"";
    expect_ = Expect::colon;
  } else {
    value_begins(begin);
    value_ends(at);
  }
  return true;
}

bool JsonScanner::scalar(std::string_view text, std::size_t& at) {
  std::size_t end = number_end(text, at);
  for (const std::string_view literal : {"true", "false", "null"}) {
    if (text.substr(at).starts_with(literal)) end = at + literal.size();
  }
  if (end == at) return broken("expected a value", at);
  value_begins(at);
  value_ends(end);
  at = end;
  return true;
}

void JsonScanner::value_begins(std::size_t at) {
  if (in_list()) list_.elements.push_back({base_ + at, 0, line_});
}

void JsonScanner::value_ends(std::size_t end) {
  if (in_list()) {
    auto& element = list_.elements.back();
    element.size = base_ + end - element.at;
  }
  expect_ = depth_ == 0 ? Expect::nothing : Expect::comma_or_end;
}

bool JsonScanner::broken(std::string_view why, std::size_t at) {
  fault_ = why;
  fault_at_ = base_ + at;
  return false;
}

}  // namespace triaged::wire
