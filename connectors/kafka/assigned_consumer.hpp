// Reads several partitions at once, each from an offset on, outside any group, for as long as it lives.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/kafka/client.hpp"
#include "connectors/kafka/incoming_record.hpp"
#include "connectors/kafka/watermarks.hpp"
#include "rules/model/time.hpp"

namespace triaged::kafka {

/// One thread at a time, but for wake(). Sees what is committed.
class AssignedConsumer {
 public:
  static std::expected<std::unique_ptr<AssignedConsumer>, Error> open(ClientOptions client);
  ~AssignedConsumer();
  AssignedConsumer(const AssignedConsumer&) = delete;
  AssignedConsumer& operator=(const AssignedConsumer&) = delete;

  /// Of each, in order; their offsets mean nothing.
  std::expected<std::vector<Watermarks>, Error> watermarks(const std::vector<PartitionOffset>& partitions,
                                                           Duration patience);

  /// Reads these, and nothing else; what was fetched and not yet given is dropped.
  std::expected<void, Error> assign(const std::vector<PartitionOffset>& partitions);

  /// At most one of these.
  struct Step {
    IncomingRecord record;
    std::optional<PartitionOffset> at_end{};  // nothing is there now behind that place
    std::optional<PartitionOffset> gone{};    // where it was to go on is no offset any more: it waits for assign()
  };
  /// Empty: nothing came in time, or wake() was called. An error also where no broker has been reached for a while.
  std::expected<Step, Error> poll(Duration patience);
  /// poll() returns at once; thread-safe.
  void wake();

 private:
  struct Impl;
  explicit AssignedConsumer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace triaged::kafka
