// What a record of alerts holds.
#pragma once

#include <string_view>

#include "connectors/log/shard_log.hpp"
#include "connectors/wire/alert_decoder.hpp"

namespace triaged::pipeline {

/// The same bytes give the same batch, when they come and when the log is run again. Not thread-safe; reused.
class DeliveryDecoder {
 public:
  /// `kind`: alerts or lines. Appends to `batch`; lines count from 1 in each payload.
  void decode(log::RecordKind kind, std::string_view payload, wire::AlertBatch& batch) {
    if (kind == log::RecordKind::alerts) return decoder_.decode(payload, 1, batch);
    wire::AlertStream stream;
    stream.feed(payload, batch);
    stream.finish(batch);
  }

 private:
  wire::AlertDecoder decoder_;
};

}  // namespace triaged::pipeline
