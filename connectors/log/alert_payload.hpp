// What kind of record a payload of alerts is, wherever it came from whole.
#pragma once

#include <string_view>

#include "connectors/log/shard_log.hpp"

namespace triaged::log {

/// One document, or a line each: a list can only be the former.
[[nodiscard]] inline RecordKind kind_of_alerts(std::string_view payload) {
  const std::size_t first = payload.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && payload[first] == '[' ? RecordKind::alerts : RecordKind::lines;
}

}  // namespace triaged::log
