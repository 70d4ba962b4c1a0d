// Members of a group against a real broker: what is theirs comes and goes.
#include "connectors/kafka/group_consumer.hpp"

#include "connectors/clock/clock.hpp"
#include "connectors/kafka/transactional_producer.hpp"
#include "tests/integration/kafka/broker.hpp"

namespace triaged::kafka {
namespace {

/// Reads everything from the beginning.
struct Member {
  Member(const std::string& group, const std::string& instance, const std::string& topic) {
    auto opened = GroupConsumer::open({.client = broker(),
                                       .group = group,
                                       .instance = instance,
                                       .topics = {topic},
                                       .on_assigned = [this](const std::vector<Partition>& partitions,
                                                             auto) -> std::expected<std::vector<std::int64_t>, Error> {
                                         mine = partitions;
                                         return std::vector<std::int64_t>(partitions.size(), 0);
                                       },
                                       .on_revoked = [this](const std::vector<Partition>&, bool) { mine.clear(); }});
    REQUIRE(opened);
    consumer = *std::move(opened);
  }

  void poll() {
    const auto step = consumer->poll(std::chrono::milliseconds(20));
    REQUIRE(step);
    if (step->record) ++records;
  }

  std::vector<Partition> mine;
  int records = 0;
  std::unique_ptr<GroupConsumer> consumer;
};

void until(std::vector<Member*> members, auto reached) {
  const clock::Stopwatch stopwatch;
  while (!reached()) {
    REQUIRE(stopwatch.elapsed() < kLong);
    for (Member* member : members) member->poll();
  }
}

TEST_CASE("a partition that was paused and comes back is read") {
  const std::string topic = fresh_topic(2);
  Member stays("g-" + topic, "stays", topic);
  until({&stays}, [&] { return stays.mine.size() == 2; });
  stays.consumer->pause(stays.mine);
  Member comes("g-" + topic, "comes", topic);
  until({&stays, &comes}, [&] { return stays.mine.size() == 1 && comes.mine.size() == 1; });

  auto producer = TransactionalProducer::open({.client = broker(), .transactional_id = "by-" + topic});
  REQUIRE(producer);
  const std::vector<OutgoingRecord> both{{.topic = topic, .partition = 0, .key = "", .value = "a"},
                                         {.topic = topic, .partition = 1, .key = "", .value = "b"}};
  REQUIRE((*producer)->commit(both, {}, nullptr));
  until({&stays, &comes}, [&] { return stays.records == 1 && comes.records == 1; });
}

}  // namespace
}  // namespace triaged::kafka
