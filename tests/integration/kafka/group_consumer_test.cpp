// Members of a group against a real broker: what is theirs comes and goes.
#include "connectors/kafka/group_consumer.hpp"

#include <algorithm>

#include "connectors/clock/clock.hpp"
#include "connectors/kafka/transactional_producer.hpp"
#include "tests/integration/kafka/broker.hpp"

namespace triaged::kafka {
namespace {

/// Reads partition 1 from an offset, the others from their beginning.
struct Member {
  Member(const std::string& topic, const std::string& instance, std::int64_t offset = 0) {
    auto opened = GroupConsumer::open(
        {.client = broker(),
         .group = "g-" + topic,
         .instance = instance,
         .topics = {topic},
         .session_timeout = std::chrono::seconds(2),
         .on_assigned = [this, offset](const std::vector<Partition>& partitions,
                                       auto from) -> std::expected<std::vector<std::int64_t>, Error> {
           mine = partitions;
           membership = std::move(from);
           std::vector<std::int64_t> offsets;
           for (const Partition& partition : partitions) offsets.push_back(partition.number == 1 ? offset : 0);
           return offsets;
         },
         .on_revoked = [this](const std::vector<Partition>&, bool) { mine.clear(); }});
    REQUIRE(opened);
    consumer = *std::move(opened);
  }

  void poll() {
    REQUIRE(consumer->poll());
    for (const Partition& partition : mine) {
      if (!takes || partition.number == left) continue;
      const auto taken = consumer->take(partition, records);
      REQUIRE(taken);
      if (taken->at_end) ++ends;
    }
    consumer->wait(std::chrono::milliseconds(20));
  }

  [[nodiscard]] std::vector<std::string> values() const {
    std::vector<std::string> found;
    for (const IncomingRecord& record : records) found.emplace_back(record.value().value_or("(none)"));
    return found;
  }

  std::vector<Partition> mine;
  std::shared_ptr<const GroupMembership> membership;
  bool takes = true;
  std::int32_t left = -1;  // nothing is taken from this one
  int ends = 0;
  std::unique_ptr<GroupConsumer> consumer;
  std::vector<IncomingRecord> records;
};

void until(std::vector<Member*> members, auto reached) {
  const clock::Stopwatch stopwatch;
  while (!reached()) {
    REQUIRE(stopwatch.elapsed() < kLong);
    for (Member* member : members) member->poll();
  }
}

struct Sender {
  explicit Sender(const std::string& to) : topic(to) {
    auto opened = TransactionalProducer::open({.client = broker(), .transactional_id = "to-" + topic});
    REQUIRE(opened);
    producer = *std::move(opened);
  }

  void send(std::int32_t partition, const std::vector<std::string>& values) {
    std::vector<OutgoingRecord> records;
    for (const std::string& value : values) {
      records.push_back({.topic = topic, .partition = partition, .key = "", .value = value});
    }
    REQUIRE(producer->commit(records, {}, nullptr));
  }

  std::string topic;
  std::unique_ptr<TransactionalProducer> producer;
};

using Values = std::vector<std::string>;

TEST_CASE("a group's member reads from where it says, and its offsets are committed with the records") {
  const std::string in = fresh_topic(2);
  const std::string out = fresh_topic();
  Sender sender(in);
  sender.send(1, {"a", "b", "c"});
  Member first(in, "one", 1);
  until({&first}, [&] { return first.records.size() == 2; });
  CHECK(first.values() == Values{"b", "c"});
  CHECK(first.records.front().partition() == 1);
  CHECK(first.mine.size() == 2);
  const std::vector<OutgoingRecord> made{{.topic = out, .partition = 0, .key = "", .value = "made of b"}};
  const std::vector<PartitionOffset> consumed{{in, 1, 2}};
  const auto done = sender.producer->commit(made, consumed, *first.membership);
  INFO((done ? "" : done.error().message));
  REQUIRE(done);
  const auto offsets = first.consumer->committed({{in, 0}, {in, 1}}, kLong);
  REQUIRE(offsets);
  CHECK((*offsets)[0] < 0);
  CHECK((*offsets)[1] == 2);

  // Whoever is in the group no more can't move them, though it has the producer.
  Member next(in, "one", 2);
  until({&next}, [&] { return next.records.size() == 1; });
  CHECK(next.values() == Values{"c"});
  const std::vector<PartitionOffset> stale{{in, 1, 1}};
  const auto refused = sender.producer->commit({}, stale, *first.membership);
  REQUIRE_FALSE(refused);
  INFO(refused.error().message);
  CHECK(refused.error().kind != Error::Kind::retriable);
  CHECK(next.consumer->committed({{in, 1}}, kLong)->front() == 2);
}

TEST_CASE("a partition that nobody takes from holds up no other, and nothing of it is lost") {
  const std::string topic = fresh_topic(2);
  Sender sender(topic);
  Values many;
  for (int number = 0; number < 2000; ++number) many.push_back(std::to_string(number));
  sender.send(0, many);
  Member member(topic, "one");
  member.left = 0;
  until({&member}, [&] { return member.ends == 1; });
  sender.send(1, {"other"});
  until({&member}, [&] { return member.records.size() == 1 && member.ends == 2; });
  CHECK(member.values() == Values{"other"});
  member.left = 1;
  member.records.clear();
  until({&member}, [&] { return member.records.size() == many.size() && member.ends == 3; });
  CHECK(member.values() == many);
}

TEST_CASE("partitions that nobody took from, and that come back, are read from where it is said then") {
  const std::string topic = fresh_topic(2);
  Sender sender(topic);
  sender.send(0, {"a"});
  sender.send(1, {"b"});
  Member stays(topic, "stays");
  until({&stays}, [&] { return stays.records.size() == 2; });
  stays.takes = false;
  sender.send(0, {"c"});
  sender.send(1, {"d"});
  const auto has_fetched = [&](std::int32_t number) { return stays.consumer->lag({topic, number}).value_or(0) > 0; };
  until({&stays}, [&] { return has_fetched(0) && has_fetched(1); });
  {
    Member comes(topic, "comes");
    until({&stays, &comes}, [&] { return stays.mine.size() == 1 && comes.records.size() == 2; });
  }
  until({&stays}, [&] { return stays.mine.size() == 2; });
  stays.records.clear();
  stays.takes = true;
  sender.send(0, {"e"});
  sender.send(1, {"f"});
  const auto has = [&](const char* value) { return std::ranges::count(stays.values(), value) == 1; };
  until({&stays}, [&] { return has("e") && has("f"); });
  CHECK((has("a") && has("b") && has("c") && has("d")));
}

}  // namespace
}  // namespace triaged::kafka
