// A static member of a consumer group: partitions come and go, and each is read from where its owner says.
//
// Static (KIP-345), because the broker checks who commits offsets in a transaction only for a member with an instance
// id; eager `range`, because it gives partitions of the same number of two topics to the same member; offsets are never
// taken from the group, nor committed here.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/kafka/client.hpp"
#include "connectors/kafka/group_membership.hpp"
#include "connectors/kafka/incoming_record.hpp"
#include "rules/model/time.hpp"

namespace triaged::kafka {

struct Partition {
  std::string topic;
  std::int32_t number = 0;
  friend auto operator<=>(const Partition&, const Partition&) = default;
};

/// One thread at a time.
class GroupConsumer {
 public:
  struct Options {
    ClientOptions client;
    std::string group;
    std::string instance;
    std::vector<std::string> topics;
    Duration session_timeout = std::chrono::seconds(10);
    /// poll() must come again within this time; else the member is taken for dead.
    Duration poll_timeout = std::chrono::minutes(5);
    /// Partitions came; called by poll(). Where each is to be read from, in the same order. An error ends poll() with
    /// it, and nothing is read.
    std::function<std::expected<std::vector<std::int64_t>, Error>(const std::vector<Partition>&,
                                                                  std::shared_ptr<const GroupMembership>)>
        on_assigned;
    /// They go; called by poll(). `lost`: they are somebody else's already. Until it returns nobody else gets them, but
    /// for those that are lost.
    std::function<void(const std::vector<Partition>&, bool lost)> on_revoked;
  };

  /// Joins in the background.
  static std::expected<std::unique_ptr<GroupConsumer>, Error> open(Options options);
  /// Leaves without a word: a static member's partitions stay its own until the session times out.
  ~GroupConsumer();
  GroupConsumer(const GroupConsumer&) = delete;
  GroupConsumer& operator=(const GroupConsumer&) = delete;

  /// Serves the group: partitions come and go in here. Errors: see Error; a retriable one is never returned.
  std::expected<void, Error> poll();
  /// Until there is something to poll() or take(), at most so long.
  void wait(Duration patience);

  struct Taken {
    bool any = false;     // records, or an end
    bool at_end = false;  // everything that is there now was given; until there is any again
    bool more = false;    // likely
  };
  /// What came of an assigned partition, kMostTaken records at most, behind those that are in `records` already. A
  /// partition that nobody takes from holds up no other; its records wait where they are. Errors as those of poll().
  std::expected<Taken, Error> take(const Partition& partition, std::vector<IncomingRecord>& records);
  static constexpr std::size_t kMostTaken = 512;

  /// Records between what was given and the end of the partition, as of the last answer from its broker. Nothing: not
  /// known yet.
  [[nodiscard]] std::optional<std::uint64_t> lag(const Partition& partition) const;

  /// Records of an assigned partition that are here and were not taken.
  [[nodiscard]] std::uint64_t fetched(const Partition& partition) const;

  /// What the group committed, once no transaction is open that could change it (KIP-447). Negative: nothing yet.
  std::expected<std::vector<std::int64_t>, Error> committed(const std::vector<Partition>& partitions,
                                                            Duration patience);

 private:
  struct Impl;
  explicit GroupConsumer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace triaged::kafka
