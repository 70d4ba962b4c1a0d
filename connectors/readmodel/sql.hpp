// Conditions of a query, put together. Only files of connectors/readmodel include this.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "connectors/readmodel/queries.hpp"
#include "connectors/sqlite/database.hpp"

namespace triaged::readmodel {

[[nodiscard]] inline QueryError failed(sqlite::Error error) {
  using From = sqlite::Error::Kind;
  // `readonly`: what only a writer could mend.
  const bool damaged = error.kind == From::corrupt || error.kind == From::not_found || error.kind == From::io ||
                       error.kind == From::readonly;
  return {damaged ? QueryError::Kind::damaged : QueryError::Kind::failed, std::move(error.message)};
}

/// All hold. Values are parameters, never part of the text.
class Conditions {
 public:
  using Value = std::variant<std::int64_t, std::string>;

  /// `condition` has a ? for each value.
  void add(std::string_view condition, std::vector<Value> values) {
    text_ += text_.empty() ? " WHERE " : " AND ";
    text_ += condition;
    for (auto& value : values) values_.push_back(std::move(value));
  }
  /// `column IN (…)`; none: holds for everything. `wrap` has one {} for that condition.
  void add_any(std::string_view column, std::vector<Value> values, std::string_view before = "",
               std::string_view behind = "") {
    if (values.empty()) return;
    std::string condition(before);
    condition.append(column).append(" IN (?");
    for (std::size_t more = 1; more < values.size(); ++more) condition += ",?";
    condition.append(")").append(behind);
    add(condition, std::move(values));
  }
  /// `column` holds `part`, letters of ASCII in either case.
  [[nodiscard]] static Value containing(std::string_view part) {
    std::string pattern = "%";
    for (const char c : part) {
      if (c == '%' || c == '_' || c == '\\') pattern += '\\';
      pattern += c;
    }
    return pattern + "%";
  }

  [[nodiscard]] const std::string& text() const { return text_; }
  /// From the first parameter on. The conditions live for as long as the statement runs.
  void bind(sqlite::Statement& statement) const {
    int index = 0;
    for (const auto& value : values_) {
      ++index;
      if (const auto* number = std::get_if<std::int64_t>(&value)) statement.bind(index, *number);
      if (const auto* text = std::get_if<std::string>(&value)) statement.bind(index, *text);
    }
  }

 private:
  std::string text_;
  std::vector<Value> values_;
};

}  // namespace triaged::readmodel
