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
  std::size_t labels = 64;         // as they came, empty ones too
  std::size_t label_bytes = 1024;  // each name and each value
  std::size_t depth = 32;          // of objects and arrays, the alert itself included
  /// Of an array or a webhook body, and so of what AlertStream keeps while a document is not complete.
  std::size_t document_bytes = std::size_t{1} << 30U;
};

/// Decodes whole JSON documents. Not thread-safe; one a thread, reused: in steady state it allocates nothing beyond
/// what the batch needs.
///
/// An object with `labels` is an alert; else one with an array `alerts` is a webhook body. A document is good only if
/// all of it is; one that is not JSON is one rejection. Of a good array or webhook body each element is an alert of its
/// own, with its own line, and a fault rejects that element alone. `startsAt` and `endsAt` of year 1, and times, and
/// annotations that are null, count as absent. A key that stands twice in an object is a fault wherever it is.
class AlertDecoder {
 public:
  /// So many bytes behind the text are read (and ignored) by decode_padded().
  static constexpr std::size_t kPadding = 64;

  explicit AlertDecoder(AlertLimits limits = {});
  ~AlertDecoder();
  AlertDecoder(AlertDecoder&&) noexcept;
  AlertDecoder& operator=(AlertDecoder&&) noexcept;

  /// One document that begins at `line` of its input: an alert object, an array of them, or a webhook v4 body. Appends
  /// what it holds to `batch`. Blank text holds nothing.
  void decode(std::string_view document, std::uint64_t line, AlertBatch& batch);
  /// The same without a copy, for text with kPadding readable bytes behind it.
  void decode_padded(std::string_view document, std::uint64_t line, AlertBatch& batch);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Splits a stream of bytes into documents. Skips a byte order mark and blank lines; takes CRLF. Not thread-safe.
///
/// Told apart by content: where the first line is a whole JSON document, or can't be the beginning of one, each line is
/// a document. Else documents span lines, for as long as they are JSON; when one turns out not to be, the lines from
/// its first on are taken one by one if a later line is a whole document (so NDJSON whose first line is torn loses that
/// line alone), and else all that is left is one rejection. What is kept in memory is the last line while it is not
/// complete, or the document that spans lines: at most AlertLimits::document_bytes and the chunk at hand. NDJSON with
/// a bad first line is told within two or three lines, since two lines that are documents never stand in a third. A
/// torn last line is decoded like any other, and so rejected where it is torn.
class AlertStream {
 public:
  explicit AlertStream(AlertLimits limits = {});
  ~AlertStream();
  AlertStream(AlertStream&&) noexcept;
  AlertStream& operator=(AlertStream&&) noexcept;

  /// Decodes the documents that `bytes` complete; keeps the rest for the next call.
  void feed(std::string_view bytes, AlertBatch& batch);
  /// Nothing is kept of what was fed: finish() here would reject nothing that more bytes could complete.
  [[nodiscard]] bool between_documents() const;
  /// Within a document that is too large: its rejection is in a batch, and what is fed up to its end is dropped.
  [[nodiscard]] bool dropping() const;
  /// The input has ended.
  void finish(AlertBatch& batch);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace triaged::wire
