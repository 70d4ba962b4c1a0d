// Who we are in a consumer group, at one generation of it.
#pragma once

#include <memory>

struct rd_kafka_consumer_group_metadata_s;

namespace triaged::kafka {

struct FreeMembership {
  void operator()(rd_kafka_consumer_group_metadata_s* metadata) const;
};

/// Captured when partitions are assigned, never asked for at a commit: whoever lost its place since must not commit.
/// Immutable; may be shared between threads.
using GroupMembership = std::unique_ptr<rd_kafka_consumer_group_metadata_s, FreeMembership>;

}  // namespace triaged::kafka
