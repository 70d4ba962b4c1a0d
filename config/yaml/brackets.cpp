#include "config/yaml/brackets.hpp"

#include <algorithm>
#include <vector>

namespace triaged::config::yaml {
namespace {

class Scan {
 public:
  explicit Scan(std::string_view text) : text_(text) {}

  std::optional<std::size_t> run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const bool in_flow = !brackets_.empty();
      const bool indicator = (c == '-' || c == '?' || c == ':') && ends_word(at_ + 1);
      if (c == ' ' || c == '\n' || c == '\t' || (c == ',' && in_flow) || indicator) {
        ++at_;
      } else if (c == '#') {
        at_ = line_end();
      } else if (c == '"' || c == '\'') {
        const std::size_t quote = at_;
        if (!skip_quoted()) return quote;
      } else if (c == '[' || c == '{') {
        brackets_.push_back(at_++);
      } else if ((c == ']' || c == '}') && in_flow) {
        if (text_[brackets_.back()] == (c == ']' ? '[' : '{')) brackets_.pop_back();
        ++at_;
      } else if ((c == '|' || c == '>') && !in_flow) {
        skip_block_scalar();
      } else {
        skip_plain(in_flow);
      }
    }
    if (brackets_.empty()) return std::nullopt;
    return brackets_.back();
  }

 private:
  [[nodiscard]] std::size_t line_end() const { return std::min(text_.find('\n', at_), text_.size()); }
  [[nodiscard]] bool ends_word(std::size_t at) const {
    return at >= text_.size() || text_[at] == ' ' || text_[at] == '\n' || text_[at] == '\t';
  }

  bool skip_quoted() {
    const char quote = text_[at_++];
    for (; at_ < text_.size(); ++at_) {
      if (quote == '"' && text_[at_] == '\\') {
        ++at_;
      } else if (text_[at_] == quote) {
        ++at_;
        if (quote == '"' || at_ >= text_.size() || text_[at_] != '\'') return true;
      }
    }
    return false;
  }

  void skip_plain(bool in_flow) {
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\n' || (c == ':' && ends_word(at_ + 1)) || (c == '#' && text_[at_ - 1] == ' ')) return;
      if (in_flow && std::string_view(",[]{}").contains(c)) return;
    }
  }

  void skip_block_scalar() {
    const auto line_before = text_.rfind('\n', at_);
    const std::size_t line_start = line_before == std::string_view::npos ? 0 : line_before + 1;
    const std::size_t indent = text_.find_first_not_of(' ', line_start) - line_start;
    for (at_ = line_end(); at_ < text_.size(); at_ = line_end()) {
      const std::size_t content = text_.find_first_not_of(' ', at_ + 1);
      if (content == std::string_view::npos) {
        at_ = text_.size();
      } else if (text_[content] != '\n' && content - (at_ + 1) <= indent) {
        return;
      } else {
        ++at_;
      }
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<std::size_t> brackets_;
};

}  // namespace

std::optional<std::size_t> find_open(std::string_view text) { return Scan(text).run(); }

}  // namespace triaged::config::yaml
