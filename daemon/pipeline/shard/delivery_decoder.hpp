// What a record of alerts holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "connectors/log/shard_log.hpp"
#include "connectors/wire/alert_decoder.hpp"

namespace triaged::pipeline {

/// What a file may say in one document, and so what is kept of one that does not end.
inline constexpr wire::AlertLimits kDeliveryLimits{.document_bytes = std::size_t{32} << 20U};

/// The alerts of one record, decoded: part of a batch that may hold those of other records too. Empty: they were not
/// decoded. Immutable; may be shared between threads.
class DecodedAlerts {
 public:
  DecodedAlerts() = default;
  /// All of it.
  explicit DecodedAlerts(std::shared_ptr<const wire::AlertBatch> batch)
      : batch_(std::move(batch)),
        entries_end_(batch_ ? batch_->entries.size() : 0),
        rejections_end_(batch_ ? batch_->rejections.size() : 0) {}
  /// What came to the batch since it had so many.
  DecodedAlerts(std::shared_ptr<const wire::AlertBatch> batch, std::size_t entries, std::size_t rejections)
      : DecodedAlerts(std::move(batch)) {
    entries_ = entries;
    rejections_ = rejections;
  }

  [[nodiscard]] explicit operator bool() const { return batch_ != nullptr; }
  [[nodiscard]] const wire::AlertBatch& batch() const { return *batch_; }
  [[nodiscard]] std::span<const wire::AlertBatch::Entry> entries() const {
    return std::span(batch_->entries).subspan(entries_, entries_end_ - entries_);
  }
  [[nodiscard]] std::span<const wire::Rejection> rejections() const {
    return std::span(batch_->rejections).subspan(rejections_, rejections_end_ - rejections_);
  }

 private:
  std::shared_ptr<const wire::AlertBatch> batch_;
  std::size_t entries_ = 0;
  std::size_t entries_end_ = 0;
  std::size_t rejections_ = 0;
  std::size_t rejections_end_ = 0;
};

/// The same bytes give the same batch, when they come and when the log is run again. Not thread-safe; reused.
class DeliveryDecoder {
 public:
  /// `kind`: alerts or lines. Appends to `batch`; lines count from 1 in each payload.
  void decode(log::RecordKind kind, std::string_view payload, wire::AlertBatch& batch) {
    if (kind == log::RecordKind::alerts) return decoder_.decode(payload, 1, batch);
    wire::AlertStream stream(kDeliveryLimits);
    stream.feed(payload, batch);
    stream.finish(batch);
  }

 private:
  wire::AlertDecoder decoder_;
};

}  // namespace triaged::pipeline
