// Follows the grammar of JSON over text that arrives line by line, and finds where the alerts in it lie.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace triaged::wire {

/// Checks structure, strings (escapes, no control characters), numbers and literals; not UTF-8, nor whether a \u escape
/// names half of a surrogate pair. Not thread-safe; reusable after reset().
class JsonScanner {
 public:
  /// Text that nests deeper is broken.
  static constexpr std::size_t kDepth = 1024;

  enum class Status : std::uint8_t {
    open,      // a document may still come of it
    complete,  // exactly one document
    broken,    // no text behind can make it one
  };
  /// One element of the document's list of alerts.
  struct Element {
    std::size_t at = 0;  // byte offset since reset()
    std::size_t size = 0;
    std::uint64_t line = 0;  // 0-based since reset()
  };
  /// The list: the document itself where it is an array, or the array `alerts` of the object that it is.
  struct List {
    bool found = false;
    bool twice = false;
    std::size_t begin = 0;  // behind [
    std::size_t end = 0;    // of ]
    std::vector<Element> elements;
  };

  /// Whether list().elements is filled, which costs memory.
  explicit JsonScanner(bool with_elements = false) : with_elements_(with_elements) {}
  void reset() { *this = JsonScanner(with_elements_); }

  /// `text` goes on where the last one ended, and ends where a token does: at a line's end, or the input's.
  Status feed(std::string_view text);
  [[nodiscard]] Status status() const;

  [[nodiscard]] const List& list() const { return list_; }
  /// Why it is broken, and where (a byte offset since reset()).
  [[nodiscard]] std::string_view fault() const { return fault_; }
  [[nodiscard]] std::size_t fault_at() const { return fault_at_; }
  [[nodiscard]] bool too_deep() const { return !fault_.empty() && depth_ == kDepth; }

 private:
  enum class Expect : std::uint8_t { value, value_or_end, key, key_or_end, colon, comma_or_end, nothing };

  bool token(std::string_view text, std::size_t& at);
  bool open_container(bool object, std::size_t at);
  bool close_container(bool object, std::size_t at);
  bool key_or_string(std::string_view text, std::size_t& at);
  bool scalar(std::string_view text, std::size_t& at);
  [[nodiscard]] bool in_list() const { return with_elements_ && list_depth_ != 0 && depth_ == list_depth_; }
  void value_begins(std::size_t at);
  void value_ends(std::size_t end);
  bool broken(std::string_view why, std::size_t at);

  bool with_elements_;
  Expect expect_ = Expect::value;
  std::size_t depth_ = 0;
  std::bitset<kDepth> objects_;  // by depth: whether that container is an object
  std::size_t list_depth_ = 0;   // of the list's elements while inside the list; else 0
  bool list_key_ = false;        // the last key of the outermost object was "alerts"
  std::size_t base_ = 0;         // offset of the text at hand
  std::uint64_t line_ = 0;
  List list_;
  std::string_view fault_;
  std::size_t fault_at_ = 0;
};

}  // namespace triaged::wire
