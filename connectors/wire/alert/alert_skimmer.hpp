// Alerts of the usual shape, read straight from their text.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "connectors/wire/alert/alert_parts.hpp"
#include "connectors/wire/alert_decoder.hpp"

namespace triaged::wire {

/// Nearly every alert is an object of strings and of objects of strings on one line, all in ASCII, without a backslash.
/// Such text needs no DOM, where the machine finds quotes fast enough. What is of another shape, or has a fault, it
/// leaves to AlertReader, so that what is an alert and what is wrong with it is said in one place; on what it takes
/// both must agree, which the fuzzer checks. Not thread-safe.
class AlertSkimmer {
 public:
  explicit AlertSkimmer(const AlertLimits& limits) : limits_(limits) {}

  /// Appends the alert, or does nothing and returns false. `text` begins and ends with a brace, is within the limit on
  /// bytes, and has AlertDecoder::kPadding readable bytes behind it.
  bool skim(std::string_view text, std::uint64_t line, AlertBatch& batch);
  /// The same for an array of alerts, all of them or none. `text` begins and ends with a bracket.
  bool skim_list(std::string_view text, std::uint64_t line, AlertBatch& batch);

 private:
  class Cursor;
  bool find_quotes(std::string_view text);
  bool skim_alert(Cursor& cursor);
  bool skim_elements(Cursor& cursor, std::uint64_t line, AlertBatch& batch);
  bool skim_labels(Cursor& cursor);
  bool skim_annotations(Cursor& cursor);
  bool skim_value(AlertField field, std::string_view value);

  const AlertLimits limits_;
  AlertParts parts_;
  std::vector<std::uint32_t> quotes_;  // more than there are, so that a block's need no bounds
};

}  // namespace triaged::wire
