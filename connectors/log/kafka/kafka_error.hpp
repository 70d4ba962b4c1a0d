// What an error of a Kafka client means for the log.
#pragma once

#include "connectors/kafka/error.hpp"
#include "connectors/log/shard_log.hpp"

namespace triaged::log {

/// `refused` where the cluster denied it, `unavailable` where it may succeed later, else `broken`.
[[nodiscard]] inline LogError to_log_error(const kafka::Error& error) {
  using From = kafka::Error::Kind;
  using To = LogError::Kind;
  const bool later = error.kind == From::retriable || error.kind == From::abortable;
  return {later ? To::unavailable : error.kind == From::denied ? To::refused : To::broken, error.message};
}

}  // namespace triaged::log
