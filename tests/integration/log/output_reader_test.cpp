// The outputs of a log in Kafka, read from a real broker.
#include "connectors/log/kafka/output_reader.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <thread>

#include "connectors/kafka/producer.hpp"
#include "connectors/log/cut_codec.hpp"
#include "tests/integration/log/shards.hpp"

namespace triaged::log {
namespace {

using kafka::kLong;
using test::Shards;

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
    // As if its markers had come to the topics of cuts and of audit first.
    Cut cut;
    cut.number = 2;
    cut.next = {0, 0};
    cut.outputs = 3;
    cut.latest = {1, 2, 3, 0, 0};
    const std::string text = encode(cut);
    auto plain = kafka::Producer::open(kafka::broker());
    REQUIRE(plain);
    REQUIRE((*plain)->send({.topic = shards.topics.cuts(), .partition = 0, .key = {}, .value = text}, kLong));
    REQUIRE((*plain)->send({.topic = shards.topics.name(Topic::audit),
                            .partition = 0,
                            .key = "c",
                            .value = "v",
                            .headers = {{"cut", "2"}, {"n", "3"}}},
                           kLong));
    const clock::Stopwatch stopwatch;
    got.take(*reader, [&] { return stopwatch.elapsed() > Duration{2500}; });
    CHECK(got.complete == std::map<std::uint32_t, std::uint64_t>{{0, 1}});
    CHECK(got.keys == Keys{"0/1/i"});
    const auto places = decode_places(reader->resume(), shards.topics.prefix);
    REQUIRE(places);
    CHECK((*places)[0][2] == OutputPlace{.next = 0, .number = 0});  // the audit record will come again
  });
  got.until(*reader, {{0, 2}});
  CHECK(got.keys == Keys{"0/1/i", "0/2/a", "0/3/c"});
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
  constexpr std::uint64_t kCuts = 5;
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
