// What a record of alerts holds.
#pragma once

#include <cstddef>
#include <string_view>

#include "connectors/log/shard_log.hpp"
#include "connectors/wire/alert_decoder.hpp"

namespace triaged::pipeline {

/// What a file may say in one document, and so what is kept of one that does not end.
inline constexpr wire::AlertLimits kDeliveryLimits{.document_bytes = std::size_t{32} << 20U};

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
