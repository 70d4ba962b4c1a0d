// JSON as a tree of values, for what is read once and shown: answers of an API.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace triaged::wire {

/// Immutable. What is not there reads as null, and null as empty text, so that optional fields need no questions.
class JsonValue {
 public:
  enum class Kind : std::uint8_t { null, boolean, number, string, array, object };
  using Member = std::pair<std::string, JsonValue>;

  JsonValue() = default;
  /// The error says what is wrong with the text.
  [[nodiscard]] static std::expected<JsonValue, std::string> parse(std::string_view text);

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool is_null() const { return kind_ == Kind::null; }
  [[nodiscard]] bool is_true() const { return kind_ == Kind::boolean && text_ == "true"; }
  /// Of a string, without quotes and escapes; a number or a boolean as it is written.
  [[nodiscard]] const std::string& text() const { return text_; }
  /// Of an array; of anything else none.
  [[nodiscard]] const std::vector<JsonValue>& items() const { return items_; }
  /// Of an object, in order.
  [[nodiscard]] const std::vector<Member>& members() const { return members_; }
  [[nodiscard]] const JsonValue& operator[](std::string_view name) const;

 private:
  class Builder;
  Kind kind_ = Kind::null;
  std::string text_;
  std::vector<JsonValue> items_;
  std::vector<Member> members_;
};

}  // namespace triaged::wire
