// Places in a list, as clients carry them from page to page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace triaged::readmodel {

/// What tells one query from another. Add everything that decides what a list holds, and in which order.
class QueryDigest {
 public:
  void add(std::string_view text);
  void add(std::int64_t number);
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325U;
};

/// URL-safe text of the last entry's sort keys.
[[nodiscard]] std::string encode_cursor(std::uint64_t query, const std::vector<std::int64_t>& place);

/// Absent: no cursor that encode_cursor() made for this query with as many keys. It is checked, not signed: a client
/// that forges one sees what it may see anyway.
[[nodiscard]] std::optional<std::vector<std::int64_t>> decode_cursor(std::string_view cursor, std::uint64_t query,
                                                                     std::size_t keys);

/// The same for lists that are ordered by a name.
[[nodiscard]] std::string encode_text_cursor(std::uint64_t query, std::string_view name);
[[nodiscard]] std::optional<std::string> decode_text_cursor(std::string_view cursor, std::uint64_t query);

}  // namespace triaged::readmodel
