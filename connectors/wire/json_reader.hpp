// JSON text → a checked DOM. Only files of connectors/wire include this; it brings simdjson.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "connectors/wire/alert_batch.hpp"
#include "connectors/wire/json_scanner.hpp"
#include "rules/model/time.hpp"

namespace triaged::wire {

/// Why something can't be used: Rejection's code and reason.
struct Fault {
  std::string_view code;  // a literal
  std::string reason;
};

[[nodiscard]] Rejection rejection(std::uint64_t line, Fault fault);

/// Parses one document at a time, all of it: syntax, UTF-8, no NUL, no half of a surrogate pair. What it returns is
/// valid until the next parse(). Not thread-safe.
class JsonReader {
 public:
  /// `text` must have simdjson::SIMDJSON_PADDING readable bytes behind it.
  std::expected<simdjson::dom::element, Fault> parse(std::string_view text);
  /// A copy of `text` with padding behind it; valid until the next call.
  std::string_view padded(std::string_view text);

  /// No object in `value` has a key twice, and `value`, which `around` containers enclose, nests to `most` at most.
  std::optional<Fault> check(simdjson::dom::element value, std::size_t around, std::size_t most);

 private:
  std::optional<Fault> check_keys(simdjson::dom::object object);

  simdjson::dom::parser parser_;
  std::string copy_;
  std::vector<std::string_view> keys_;
};

/// Why `text` is not a JSON document: what is wrong, and at which byte. Without value where it is one; `scanner`, which
/// is new, has then read it.
[[nodiscard]] std::optional<Fault> syntax_fault(std::string_view text, JsonScanner& scanner);

/// A time in 2000 to 2100; null leaves `time` as it is.
[[nodiscard]] std::optional<Fault> read_time(std::string_view field, simdjson::dom::element value,
                                             std::optional<Time>& time);

[[nodiscard]] Fault too_deep(std::size_t most);
[[nodiscard]] Fault duplicate_key(std::string_view key);
[[nodiscard]] Fault too_large(std::string_view what, std::size_t bytes, std::size_t most);

}  // namespace triaged::wire
