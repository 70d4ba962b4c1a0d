#include "config/yaml/source.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "config/yaml/concealment.hpp"

namespace triaged::config::yaml {
namespace {

constexpr std::size_t kStride = 4096;
constexpr std::size_t kMostTextFaults = 10;
constexpr std::size_t kShownLineBytes = 200;
constexpr std::size_t kShownBeforeCaret = 100;
constexpr std::size_t kLongestSecret = 8192;  // bytes before what is shown that are looked at for its key

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n') || byte == 0x7F;
}

std::size_t characters(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues_character));
}

// Bytes of the character that begins at `at`; 0 where it is not UTF-8 (overlong forms and surrogates included).
std::size_t character_bytes(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U; };
  const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!continues(1) || !continues(2)) return 0;
    if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F)) return 0;
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    if ((first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F)) return 0;
    return 4;
  }
  return 0;
}

// What a terminal may be shown: bytes that are no text become "?".
std::string shown(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bytes = character_bytes(text, at);
    if (bytes == 0 || is_control(text[at])) {
      out.push_back('?');
      ++at;
    } else {
      out.append(text.substr(at, bytes));
      at += bytes;
    }
  }
  return out;
}

}  // namespace

Source::Source(std::string name, std::string text) : name_(std::move(name)), text_(std::move(text)) {
  if (text_.starts_with("\xEF\xBB\xBF")) text_.erase(0, 3);
  if (text_.find('\r') != std::string::npos) {
    std::string unix_text;
    unix_text.reserve(text_.size());
    for (std::size_t at = 0; at < text_.size(); ++at) {
      if (text_[at] == '\r' && at + 1 < text_.size() && text_[at + 1] == '\n') continue;
      unix_text.push_back(text_[at]);
    }
    text_ = std::move(unix_text);
  }
  line_starts_.push_back(0);
  for (auto at = text_.find('\n'); at != std::string::npos; at = text_.find('\n', at + 1)) {
    if (at + 1 < text_.size()) line_starts_.push_back(at + 1);
  }
  const std::size_t all = characters(text_);
  if (all == text_.size()) return;
  std::size_t before = 0;
  for (std::size_t at = 0; at <= text_.size(); at += kStride) {
    checkpoints_.push_back(before);
    before += characters(this->text().substr(at, kStride));
  }
}

std::size_t Source::characters_before(std::size_t offset) const {
  if (checkpoints_.empty()) return offset;
  const std::size_t from = offset / kStride * kStride;
  return checkpoints_[from / kStride] + characters(text().substr(from, offset - from));
}

std::string_view Source::line(std::uint32_t number) const {
  if (number == 0 || number > lines()) return {};
  const std::size_t start = line_starts_[number - 1];
  const std::size_t end = number < lines() ? line_starts_[number] : text_.size();
  const auto line = text().substr(start, end - start);
  return line.ends_with('\n') ? line.substr(0, line.size() - 1) : line;
}

std::size_t Source::offset(Position position) const {
  if (position.line == 0) return 0;
  if (position.line > lines()) return text_.size();
  const std::size_t start = line_starts_[position.line - 1];
  const std::size_t end = start + line(position.line).size();
  if (position.column <= 1) return start;
  if (checkpoints_.empty()) return std::min(start + position.column - 1, end);
  const std::size_t wanted = characters_before(start) + position.column - 1;
  const auto after = std::upper_bound(checkpoints_.begin(), checkpoints_.end(), wanted);
  const auto checkpoint = static_cast<std::size_t>(after - checkpoints_.begin()) - 1;
  std::size_t at = std::max(start, checkpoint * kStride);
  std::size_t before = characters_before(at);
  while (at < end && (before < wanted || continues_character(text_[at]))) {
    if (!continues_character(text_[at])) ++before;
    ++at;
  }
  return at;
}

Position Source::position(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const auto line = static_cast<std::size_t>(after - line_starts_.begin()) - 1;
  return {static_cast<std::uint32_t>(line + 1),
          static_cast<std::uint32_t>(characters_before(offset) - characters_before(line_starts_[line]) + 1)};
}

Position Source::position_of(int line_index, int byte) const {
  const auto line = std::min(static_cast<std::size_t>(std::max(line_index, 0)), line_starts_.size() - 1);
  const std::size_t start = line_starts_[line];
  const std::size_t offset = std::min(start + static_cast<std::size_t>(std::max(byte, 0)), text_.size());
  // Most lines are short: counting from their start is cheaper than from a checkpoint.
  const std::size_t column = checkpoints_.empty()       ? offset - start
                             : offset - start < kStride ? characters(text().substr(start, offset - start))
                                                        : characters_before(offset) - characters_before(start);
  return {static_cast<std::uint32_t>(line + 1), static_cast<std::uint32_t>(column + 1)};
}

void Faults::add(Diagnostic::Level level, Position at, const std::string& message) {
  if (found_.size() >= kMost) {
    ++left_out_;
    return;
  }
  Diagnostic diagnostic;
  diagnostic.level = level;
  diagnostic.file = source_->name();
  diagnostic.line = at.line;
  diagnostic.column = at.column;
  diagnostic.message = printable(message);
  if (at.line != 0) {
    std::string_view line = source_->line(at.line);
    std::size_t caret = source_->offset(at) - source_->offset({at.line, 1});
    std::size_t from = 0;
    std::size_t size = line.size();
    if (line.size() > kShownLineBytes) {
      from = caret > kShownBeforeCaret ? caret - kShownBeforeCaret : 0;
      while (from > 0 && continues_character(line[from])) --from;
      size = std::min(kShownLineBytes, line.size() - from);
      while (from + size < line.size() && continues_character(line[from + size])) ++size;
      caret -= from;
    }
    const std::size_t begin = from > kLongestSecret ? from - kLongestSecret : 0;
    const std::string concealed = conceal_secrets(line.substr(begin, from + size - begin));
    line = std::string_view(concealed).substr(from - begin);
    diagnostic.source_line = shown(line);
    diagnostic.caret = static_cast<std::uint32_t>(characters(line.substr(0, caret)) + 1);
  }
  found_.push_back(std::move(diagnostic));
}

Diagnostics Faults::sorted() const {
  std::vector<std::pair<Position, std::size_t>> order;  // those at one place in the order in which they were found
  for (const auto& diagnostic : found_) order.push_back({{diagnostic.line, diagnostic.column}, order.size()});
  std::sort(order.begin(), order.end());
  Diagnostics sorted;
  for (const auto& [at, i] : order) sorted.push_back(found_[i]);
  if (left_out_ > 0) {
    Diagnostic more;
    more.file = source_->name();
    more.message = fmt::format("{} more faults are not shown", left_out_);
    sorted.push_back(std::move(more));
  }
  return sorted;
}

bool check_text(const Source& source, Faults& faults) {
  const std::string_view text = source.text();
  std::size_t found = 0;
  for (std::size_t at = 0; at < text.size() && found < kMostTextFaults;) {
    const std::size_t bytes = character_bytes(text, at);
    if (bytes == 0) {
      faults.error(source.position(at), fmt::format("byte 0x{:02X} is not UTF-8; save the file as UTF-8",
                                                    static_cast<unsigned char>(text[at])));
    } else if (text[at] == '\0') {
      faults.error(source.position(at), "a NUL byte; this is not a text file");
    } else if (text[at] == '\r') {
      faults.error(source.position(at), "a carriage return without a line feed; end lines with LF or CRLF");
    } else if (is_control(text[at])) {
      faults.error(source.position(at),
                   fmt::format("control character 0x{:02X}; take it out", static_cast<unsigned char>(text[at])));
    } else {
      at += bytes;
      continue;
    }
    ++found;
    ++at;
  }
  return found == 0;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_control(c) || c == '\n' || c == '\t') {
      out += fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
    } else {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace triaged::config::yaml
