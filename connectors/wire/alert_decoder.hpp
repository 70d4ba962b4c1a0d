// Alertmanager v2 alerts: bytes → AlertBatch. No sockets, no files, no clock; fuzzed.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "connectors/wire/alert_batch.hpp"

namespace triaged::wire {

/// Bounds on one alert. What exceeds them is rejected, that alert alone.
struct AlertLimits {
  std::size_t bytes = 256 * 1024;
  std::size_t labels = 64;
  std::size_t label_bytes = 1024;  // each name and each value
  std::size_t depth = 32;
};

/// Decodes whole JSON documents. Not thread-safe; one a thread, reused.
class AlertDecoder {
 public:
  explicit AlertDecoder(AlertLimits limits = {});
  ~AlertDecoder();

  /// One document that begins at `line` of its input: an alert object, an array of them, or a webhook v4 body. Appends
  /// what it holds to `batch`. A fault in one element of an array or webhook rejects that element alone.
  void decode(std::string_view document, std::uint64_t line, AlertBatch& batch);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Splits a stream of bytes into documents: told apart by content (one document a line, or the whole input one
/// document that spans lines). Skips a byte order mark and blank lines; takes CRLF. A torn last line is decoded like
/// any other, and so rejected where it is torn. Not thread-safe.
class AlertStream {
 public:
  explicit AlertStream(AlertLimits limits = {});
  ~AlertStream();

  /// Decodes the documents that `bytes` complete; keeps the rest for the next call.
  void feed(std::string_view bytes, AlertBatch& batch);
  /// The input has ended.
  void finish(AlertBatch& batch);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace triaged::wire
