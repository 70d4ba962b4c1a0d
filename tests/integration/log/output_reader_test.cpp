// The outputs of a log in Kafka, read from a real broker.
#include "connectors/log/kafka/output_reader.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <thread>

#include "connectors/kafka/producer.hpp"
#include "connectors/kafka/transactional_producer.hpp"
#include "connectors/log/cut_codec.hpp"
#include "tests/integration/kafka/broker.hpp"

namespace triaged::log {
namespace {

using kafka::kLong;
using kafka::OutgoingRecord;

struct Made {
  Topic topic{};
  std::string key;
  std::uint64_t left_out = 0;  // numbers that are given to outputs before it, which are not there
};

/// The topics of a log with two shards, and who writes them.
class Shards {
 public:
  Shards() {
    for (const auto& name : {topics.name(Topic::incidents), topics.name(Topic::alerts), topics.name(Topic::audit),
                             topics.name(Topic::silences), topics.name(Topic::rejected), topics.cuts()}) {
      REQUIRE(kafka::admin()->create({.name = name, .partitions = 2, .replication = 1, .configuration = {}}));
    }
    for (auto& cut : cuts_) cut.next = {0, 0};
  }

  /// One cut with these outputs; its number.
  std::uint64_t commit(std::uint32_t shard, const std::vector<Made>& made) {
    Cut& cut = cuts_.at(shard);
    send(shard, made, cut, [](std::string_view) {});
    return cut.number;
  }
  /// As that, but while the transaction is open `meanwhile` is called.
  void commit_slowly(std::uint32_t shard, const std::vector<Made>& made, const std::function<void()>& meanwhile) {
    producers_[shard].reset();
    send(shard, made, cuts_.at(shard), [&](std::string_view stage) {
      if (stage == "produced") meanwhile();
    });
    producers_[shard].reset();
  }
  /// As that, and is fenced before it commits.
  void abort(std::uint32_t shard, const std::vector<Made>& made) {
    Cut lost = cuts_.at(shard);
    producers_[shard].reset();
    std::unique_ptr<kafka::TransactionalProducer> next;
    const std::int64_t end = cuts_end(shard);
    send(shard, made, lost, [&](std::string_view stage) {
      if (stage != "produced") return;
      const clock::Stopwatch stopwatch;
      while (cuts_end(shard) == end && stopwatch.elapsed() < kLong) continue;  // until it is there
      next = open(shard, {});
    });
    producers_[shard] = std::move(next);
  }

  [[nodiscard]] OutputReader::Options options() const {
    return {.client = kafka::broker(), .topics = topics, .shards = 2, .patience = kLong};
  }

  KafkaTopics topics{.source = "none", .prefix = kafka::fresh_name() + "."};

 private:
  [[nodiscard]] std::int64_t cuts_end(std::uint32_t shard) const {
    auto reader = kafka::PartitionReader::open(kafka::broker(), kafka::PartitionReader::Isolation::uncommitted);
    REQUIRE(reader);
    const auto marks = (*reader)->watermarks(topics.cuts(), static_cast<std::int32_t>(shard), kLong);
    REQUIRE(marks);
    return marks->high;
  }

  std::unique_ptr<kafka::TransactionalProducer> open(std::uint32_t shard,
                                                     std::function<void(std::string_view)> on_stage) const {
    kafka::TransactionalProducer::Options options{.client = kafka::broker(),
                                                  .transactional_id = topics.prefix + std::to_string(shard)};
    if (on_stage) options.on_stage = std::move(on_stage);
    auto opened = kafka::TransactionalProducer::open(std::move(options));
    INFO((opened ? "" : opened.error().message));
    REQUIRE(opened);
    return *std::move(opened);
  }

  void send(std::uint32_t shard, const std::vector<Made>& made, Cut& cut,
            const std::function<void(std::string_view)>& on_stage) {
    ++cut.number;
    cut.clock += Duration{100};
    const auto partition = static_cast<std::int32_t>(shard);
    const std::string number = std::to_string(cut.number);
    std::vector<std::string> numbers(made.size());
    std::vector<std::string> names(made.size());
    std::vector<OutgoingRecord> records;
    for (std::size_t i = 0; i < made.size(); ++i) {
      cut.outputs += made[i].left_out + 1;
      cut.latest.at(place_of(made[i].topic)) = cut.outputs;
      numbers[i] = std::to_string(cut.outputs);
      names[i] = topics.name(made[i].topic);
      records.push_back({.topic = names[i],
                         .partition = partition,
                         .key = made[i].key,
                         .value = "v",
                         .headers = {{"cut", number}, {"n", numbers[i]}}});
    }
    const std::string text = encode(cut);
    const std::string cuts = topics.cuts();
    records.push_back({.topic = cuts, .partition = partition, .key = {}, .value = text});
    auto& producer = producers_[shard];
    if (!producer) producer = open(shard, on_stage);
    const auto done = producer->commit(records, {}, nullptr);
    INFO((done ? "" : done.error().message));
    CHECK((done || done.error().kind == kafka::Error::Kind::fenced));
  }

  std::array<Cut, 2> cuts_{};
  std::map<std::uint32_t, std::unique_ptr<kafka::TransactionalProducer>> producers_;
};

/// Reads until every shard has its cut.
struct Collected {
  std::vector<std::string> keys;  // "shard/number/key", ascending
  std::map<std::uint32_t, std::uint64_t> complete;
  std::vector<CompleteCut> cuts;
  std::string fault;

  void take(OutputReader& reader, const std::function<bool()>& enough) {
    const clock::Stopwatch stopwatch;
    while (!enough() && fault.empty() && stopwatch.elapsed() < kLong) {
      auto portion = reader.next();
      if (!portion) {
        fault = portion.error().message;
        break;
      }
      for (const auto& one : portion->outputs) {
        keys.push_back(std::to_string(one.shard) + "/" + std::to_string(one.number) + "/" + one.output.key);
      }
      for (const auto& cut : portion->complete) {
        complete[cut.shard] = cut.number;
        std::erase_if(cuts, [&](const CompleteCut& other) { return other.shard == cut.shard; });
        cuts.push_back(cut);
      }
      if (!enough()) reader.wait(Duration{500});
    }
    std::ranges::sort(keys);
    INFO(fault);
    CHECK(enough());
  }
  void until(OutputReader& reader, const std::map<std::uint32_t, std::uint64_t>& cuts_of) {
    take(reader, [&] { return complete == cuts_of; });
  }
};

std::unique_ptr<OutputReader> reader_of(const Shards& shards, std::string_view resume = {},
                                        const std::vector<CompleteCut>& complete = {}) {
  auto reader = OutputReader::open(shards.options());
  REQUIRE(reader);
  const auto begun = (*reader)->begin(resume, complete);
  INFO((begun ? "" : begun.error().message));
  REQUIRE(begun);
  return *std::move(reader);
}

using Keys = std::vector<std::string>;

TEST_CASE("outputs of all shards are read, those of an aborted transaction are not, and reading goes on elsewhere") {
  Shards shards;
  shards.commit(0, {{Topic::alerts, "a"}, {Topic::incidents, "i"}, {Topic::rejected, "r"}});
  shards.abort(0, {{Topic::alerts, "never"}, {Topic::silences, "never"}});
  shards.commit(0, {{Topic::audit, "c"}, {Topic::alerts, "b"}});
  shards.commit(1, {{Topic::silences, "s"}});
  auto reader = reader_of(shards);
  Collected first;
  first.until(*reader, {{0, 2}, {1, 1}});
  CHECK(first.keys == Keys{"0/1/a", "0/2/i", "0/4/c", "0/5/b", "1/1/s"});
  REQUIRE(first.cuts.size() == 2);
  std::ranges::sort(first.cuts, {}, &CompleteCut::shard);
  CHECK(first.cuts[0] == CompleteCut{.shard = 0, .number = 2, .clock = Time{Duration{200}}, .outputs = 5});
  CHECK(first.cuts[1].outputs == 1);

  // A cut without outputs counts, and so does one of a shard that had none before.
  shards.commit(1, {});
  first.until(*reader, {{0, 2}, {1, 2}});
  CHECK(first.keys.size() == 5);
  const std::string resume = reader->resume();
  reader.reset();

  shards.commit(0, {{Topic::alerts, "a"}});
  auto second = reader_of(shards, resume, first.cuts);
  Collected rest;
  rest.until(*second, {{0, 3}});
  CHECK(rest.keys == Keys{"0/6/a"});

  // A model of another log: these topics are not as far.
  auto ahead = first.cuts;
  ahead.front().number = 9;
  auto third = OutputReader::open(shards.options());
  REQUIRE((*third)->begin(resume, ahead));
  Collected none;
  none.take(**third, [&] { return !none.fault.empty(); });
  CHECK(none.fault == shards.topics.cuts() + "/0 ends before cut 9");
  const auto other = (*third)->begin("outputs=1 prefix=other. places=0:0,0:0,0:0,0:0;", {});
  REQUIRE_FALSE(other);
  CHECK(other.error().others);
  const auto beyond =
      (*third)->begin(encode_places(shards.topics.prefix, {ShardPlaces{{{99, 1}, {}, {}, {}}}, ShardPlaces{}}), {});
  REQUIRE_FALSE(beyond);
  CHECK(beyond.error().others);
  CHECK(beyond.error().message == shards.topics.name(Topic::incidents) + "/0 ends before 99");
}

TEST_CASE("a cut is complete when the last of its outputs is there, not when it is seen itself") {
  Shards shards;
  shards.commit(0, {{Topic::incidents, "i"}});
  auto reader = reader_of(shards);
  Collected got;
  got.until(*reader, {{0, 1}});
  shards.commit_slowly(0, {{Topic::alerts, "a"}}, [&] {
    // As if its marker had come to the topic of cuts first.
    Cut cut;
    cut.number = 2;
    cut.next = {0, 0};
    cut.outputs = 2;
    cut.latest = {1, 2, 0, 0, 0};
    const std::string text = encode(cut);
    auto plain = kafka::Producer::open(kafka::broker());
    REQUIRE(plain);
    REQUIRE((*plain)->send({.topic = shards.topics.cuts(), .partition = 0, .key = {}, .value = text}, kLong));
    const clock::Stopwatch stopwatch;
    got.take(*reader, [&] { return stopwatch.elapsed() > Duration{2500}; });
    CHECK(got.complete == std::map<std::uint32_t, std::uint64_t>{{0, 1}});
  });
  got.until(*reader, {{0, 2}});
  CHECK(got.keys == Keys{"0/1/i", "0/2/a"});
}

TEST_CASE("what compaction and retention took is not waited for") {
  Shards shards;
  shards.commit(0, {{Topic::incidents, "i", 3}, {Topic::alerts, "a", 7}, {Topic::alerts, "b"}});
  auto reader = reader_of(shards);
  Collected got;
  got.until(*reader, {{0, 1}});
  CHECK(got.keys == Keys{"0/12/a", "0/13/b", "0/4/i"});
  const std::string resume = reader->resume();
  reader.reset();

  // Behind where reading was to go on, and the latest of all.
  shards.commit(0, {{Topic::alerts, "c"}, {Topic::incidents, "i"}});
  REQUIRE(kafka::admin()->delete_before(shards.topics.name(Topic::alerts), 0, 5));
  auto second = reader_of(shards, resume, got.cuts);
  Collected rest;
  rest.until(*second, {{0, 2}});
  CHECK(rest.keys == Keys{"0/15/i"});
  auto anew = reader_of(shards);
  Collected all;
  all.until(*anew, {{0, 2}});
  CHECK(all.keys == Keys{"0/15/i", "0/4/i"});
}

TEST_CASE("the newest cut is found, whatever stands behind it") {
  Shards shards;
  for (int i = 0; i < 3; ++i) shards.commit(0, {{Topic::incidents, "i"}});
  auto plain = kafka::Producer::open(kafka::broker());
  REQUIRE(plain);
  for (int i = 0; i < 25; ++i) {
    REQUIRE((*plain)->send({.topic = shards.topics.cuts(), .partition = 0, .key = {}, .value = "no cut"}, kLong));
  }
  auto reader = reader_of(shards);
  Collected got;
  got.until(*reader, {{0, 3}});
  CHECK(got.keys == Keys{"0/1/i", "0/2/i", "0/3/i"});
}

TEST_CASE("reading goes on where an offset is gone") {
  Shards shards;
  constexpr std::uint64_t kCuts = 10;
  for (std::uint64_t i = 0; i < kCuts; ++i) shards.commit(0, {{Topic::alerts, "a"}});
  auto options = shards.options();
  options.client.properties["queued.min.messages"] = "1";  // fetches no more than it must
  options.client.properties["fetch.message.max.bytes"] = "1";
  auto reader = OutputReader::open(options);
  REQUIRE(reader);
  REQUIRE((*reader)->begin({}, {}));
  Collected got;
  got.take(**reader, [&] { return !got.keys.empty(); });
  REQUIRE(kafka::admin()->delete_before(shards.topics.name(Topic::alerts), 0, 2 * kCuts));
  got.until(**reader, {{0, kCuts}});
  CHECK(got.keys.size() < kCuts);
}

TEST_CASE("who waits for outputs is woken") {
  Shards shards;
  auto reader = reader_of(shards);
  for (int i = 0; i < 20; ++i) {  // ends of partitions first
    reader->wait(Duration{200});
    REQUIRE(reader->next());
  }
  const clock::Stopwatch stopwatch;
  reader->wake();
  reader->wait(kLong);
  std::thread waker([&] { reader->wake(); });
  reader->wait(kLong);
  waker.join();
  CHECK(stopwatch.elapsed() < kLong);
}

}  // namespace
}  // namespace triaged::log
