#include "connectors/log/kafka/kafka_log_reader.hpp"

#include <future>

#include <fmt/format.h>

#include "connectors/log/kafka/source_retention.hpp"
#include "tests/integration/kafka/open_transaction.hpp"
#include "tests/integration/log/kafka_shard.hpp"

namespace triaged::log {
namespace {

constexpr std::size_t kAll = std::size_t{1} << 30U;

Run control(std::uint64_t first, std::uint64_t last, std::uint64_t count) {
  return {.input = kControlInput, .first = first, .last = last, .count = count};
}
Run alerts(std::uint64_t first, std::uint64_t last, std::uint64_t count) {
  return {.input = kAlertsInput, .first = first, .last = last, .count = count};
}

std::vector<Record> read(KafkaLogReader& reader, Position after, std::size_t bytes = kAll) {
  auto records = reader.records(after, bytes);
  INFO((records ? "" : records.error().message));
  REQUIRE(records);
  return *std::move(records);
}

std::vector<std::string> payloads(const std::vector<Record>& records) {
  std::vector<std::string> found;
  for (const Record& record : records) found.push_back(fmt::format("{} {}", record.position, record.payload));
  return found;
}

using Strings = std::vector<std::string>;

TEST_CASE("a log that nothing was taken from is empty") {
  KafkaShard shard;
  const auto reader = shard.reader();
  CHECK(reader->last_cut().value() == std::nullopt);
  CHECK(reader->first_record().value() == 0);
  CHECK(read(*reader, 0).empty());
  CHECK(reader->cuts(0, 10).value().empty());
  shard.alert("a");
  shard.cut({});  // the attempt that says where reading begins
  CHECK(reader->last_cut().value()->number == 1);
  CHECK(reader->first_record().value() == 0);
  CHECK(read(*reader, 0).empty());
}

// Hole 4: a read_committed end hides what is about to be committed.
TEST_CASE("the last cut is not taken for known while a transaction is open") {
  KafkaShard shard;
  Cut first = shard.cut({});
  Cut second = first;
  second.previous = hash_of(first);
  second.number = 2;
  kafka::OpenTransaction open(shard.topics().cuts(), encode(second));

  const auto unknown = shard.reader(std::chrono::milliseconds(300))->last_cut();
  REQUIRE_FALSE(unknown);
  INFO(unknown.error().message);
  CHECK(unknown.error().kind == LogError::Kind::unavailable);
  CHECK(unknown.error().message.starts_with(shard.topics().cuts() + "/0: a transaction is open"));

  SECTION("one that is committed then is the last") {
    auto last = std::async(std::launch::async, [&shard] { return shard.reader()->last_cut(); });
    open.commit();
    CHECK(last.get().value() == second);
  }
  SECTION("one that is aborted is none") {
    auto last = std::async(std::launch::async, [&shard] { return shard.reader()->last_cut(); });
    open.abort();
    CHECK(last.get().value() == first);
  }
}

TEST_CASE("the last cut is found behind a long row of aborted ones") {
  KafkaShard shard;
  const Cut first = shard.cut({});
  kafka::OpenTransaction open(shard.topics().cuts(), "not to be");
  open.abort();
  for (int i = 0; i < 150; ++i) {
    open.begin(shard.topics().cuts(), "not to be");
    open.abort();
  }
  CHECK(shard.reader()->last_cut().value() == first);
}

TEST_CASE("cuts are found by number, wherever they stand") {
  KafkaShard shard;
  shard.cuts(std::vector<std::vector<Run>>(6'000));
  const Cut last = shard.cuts(std::vector<std::vector<Run>>(3)).back();
  const auto reader = shard.reader();
  for (const std::uint64_t after : {0U, 1U, 17U, 2'999U, 5'999U, 6'000U, 6'002U}) {
    const auto found = reader->cuts(after, 2);
    REQUIRE(found);
    REQUIRE_FALSE(found->empty());
    CHECK(found->front().number == after + 1);
    CHECK(found->size() == (after == 6'002 ? 1 : 2));
    const auto next = reader->cuts(found->back().number, 1);
    CHECK(next.value().empty() == (after >= 6'001));
  }
  CHECK(reader->cuts(6'003, 1).value().empty());
  CHECK(reader->last_cut().value() == last);
  shard.cut({});
  CHECK(reader->cuts(6'003, 10).value().size() == 1);
}

TEST_CASE("records come in the order in which the cuts took them") {
  KafkaShard shard;
  REQUIRE(shard.control("bundle", "rules") == 0);
  REQUIRE(shard.alert("a0") == 0);
  REQUIRE(shard.alert("a1") == 1);
  {
    kafka::OpenTransaction open(shard.topics().source, "never");  // offset 2, and the marker 3
    open.abort();
  }
  REQUIRE(shard.alert("a4") == 4);
  shard.alerts_together({"a5", "a6"});  // and a marker
  REQUIRE(shard.control("command", "c1") == 1);
  REQUIRE(shard.alert("a8", {{"content-type", "application/cloudevents+json"}}) == 8);
  REQUIRE(shard.alert("behind the last cut") == 9);

  shard.cut({});
  shard.cut({control(0, 0, 1), alerts(0, 1, 2)});
  shard.cut({});
  Run skipped = alerts(5, 5, 1);
  skipped.skipped = true;
  shard.cut({alerts(4, 4, 1), skipped, control(1, 1, 1), alerts(6, 8, 2)}, Time{Duration{1}});

  const Strings all{"1 rules", "2 a0", "3 a1", "4 a4", "5 a5", "6 c1", "7 a6", "8 a8"};
  const auto reader = shard.reader();
  const auto records = read(*reader, 0);
  CHECK(payloads(records) == all);
  CHECK(read(*reader, 8).empty());
  CHECK(records[0].kind == RecordKind::bundle);
  CHECK(records[0].source.empty());
  CHECK(records[1].kind == RecordKind::lines);
  CHECK(records[1].source == "alerts");
  CHECK(records[1].log_time > Time{Duration{1}});
  CHECK(records[3].log_time == Time{Duration{1}});  // no later than its cut's ceiling
  CHECK(records[7].origin == Origin{kAlertsInput, 8});
  for (const Record& record : records) CHECK(record.left_out == (record.position == 5));
  CHECK(reader->first_record().value() == 1);

  for (Position after = 0; after < all.size(); ++after) {
    const auto place = static_cast<Strings::difference_type>(after);
    CHECK(payloads(read(*shard.reader(), after)) == Strings(all.begin() + place, all.end()));
    CHECK(payloads(read(*reader, after, 1)) == Strings{all[after]});  // one after the other
  }
  shard.cut({alerts(9, 9, 1)});
  CHECK(payloads(read(*reader, 8)) == Strings{"9 behind the last cut"});
}

TEST_CASE("records that are gone are named, with what to do") {
  KafkaShard shard;
  shard.control("bundle", "rules");
  for (int i = 0; i < 10; ++i) shard.alert("a");
  shard.cut({});
  shard.cut({control(0, 0, 1), alerts(0, 4, 5)});
  shard.cut({alerts(5, 9, 5)});
  REQUIRE(kafka::admin()->delete_before(shard.topics().source, 0, 5));
  const auto reader = shard.reader();
  const auto failed = reader->records(0, kAll);
  REQUIRE_FALSE(failed);
  INFO(failed.error().message);
  CHECK(failed.error().kind == LogError::Kind::broken);
  CHECK(
      failed.error().message.starts_with(shard.topics().source + "/0: the records from offset 0 to 4 are gone; cut 2"));
  CHECK(reader->first_record().value() == 7);
  CHECK(read(*reader, 6).size() == 5);  // what a snapshot after cut 2 needs is there
  REQUIRE(kafka::admin()->delete_before(shard.topics().source, 0, 7));
  CHECK_FALSE(shard.reader()->records(6, kAll));
  CHECK(shard.reader()->first_record().value() == 12);
}

TEST_CASE("cuts that are gone are told, and those that are left are read") {
  KafkaShard shard;
  for (int i = 0; i < 3; ++i) shard.alert("a" + std::to_string(i));
  for (std::uint64_t i = 0; i < 3; ++i) shard.cut({alerts(i, i, 1)});
  REQUIRE(kafka::admin()->delete_before(shard.topics().cuts(), 0, 2));  // a cut and its marker
  const auto reader = shard.reader();
  CHECK(payloads(read(*reader, 1)) == Strings{"2 a1", "3 a2"});
  const auto failed = reader->records(0, kAll);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message == shard.topics().cuts() + "/0: the cuts that took the records from 1 to 1 are gone");
  CHECK(reader->cuts(0, 10).value().front().number == 2);
}

TEST_CASE("runs that are not what stands in the topic are found out") {
  KafkaShard shard;
  for (int i = 0; i < 4; ++i) shard.alert("a");
  const auto error = [&shard](Run run) {
    shard.cut({run});
    const auto last = shard.reader()->last_cut().value();
    const auto failed = shard.reader()->records(last->through - run.count, kAll);
    REQUIRE_FALSE(failed);
    return failed.error();
  };
  const LogError too_many = error(alerts(0, 2, 4));
  CHECK(too_many.kind == LogError::Kind::broken);
  const LogError too_few = error(alerts(0, 2, 2));
  CHECK(too_few.kind == LogError::Kind::broken);
  CHECK(too_few.message.starts_with(shard.topics().source + "/0: of the 2 records from offset 0 to 2 some are gone"));
  const LogError beyond = error(alerts(3, 7, 3));
  CHECK(beyond.kind == LogError::Kind::unavailable);
  CHECK(beyond.message.starts_with(shard.topics().source + "/0: ends at offset 4"));
  CHECK(error({.input = 2, .first = 0, .last = 0, .count = 1}).kind == LogError::Kind::broken);
}

TEST_CASE("a shard that never read begins where it is told") {
  KafkaShard shard;
  shard.control("bundle", "rules");
  shard.alert("a");
  shard.alert("b");
  REQUIRE(kafka::admin()->delete_before(shard.topics().source, 0, 1));
  auto reader = kafka::PartitionReader::open(kafka::broker(), kafka::PartitionReader::Isolation::committed);
  REQUIRE(reader);
  const auto start = [&](KafkaStart from) {
    return start_offsets(**reader, shard.topics(), 0, from, kafka::kLong).value();
  };
  using From = KafkaStart::From;
  CHECK(start({From::earliest}) == std::vector<std::uint64_t>{0, 1});
  CHECK(start({From::latest}) == std::vector<std::uint64_t>{0, 2});
  CHECK(start({From::time, Time{Duration{1}}}) == std::vector<std::uint64_t>{0, 1});
  CHECK(start({From::time, Time::max()}) == std::vector<std::uint64_t>{0, 2});

  const auto retention = source_retention(**reader, shard.topics(), 0, 2, kafka::kLong).value();
  CHECK(retention.room() == 1);
  CHECK_FALSE(retention.alarming());
}

TEST_CASE("retention is alarming once half of what is kept is needed") {
  CHECK_FALSE(SourceRetention{.oldest = 0, .end = 100, .needed = 0}.alarming());  // nothing was deleted yet
  CHECK_FALSE(SourceRetention{.oldest = 100, .end = 200, .needed = 151}.alarming());
  CHECK(SourceRetention{.oldest = 100, .end = 200, .needed = 150}.alarming());
  CHECK(SourceRetention{.oldest = 100, .end = 200, .needed = 150}.room() == 50);
  const SourceRetention overtaken{.oldest = 100, .end = 200, .needed = 90};
  CHECK(overtaken.overtaken());
  CHECK(overtaken.room() == 0);
  CHECK(overtaken.alarming());
  CHECK(SourceRetention{.oldest = 200, .end = 200, .needed = 90}.alarming());
  CHECK_FALSE(SourceRetention{.oldest = 200, .end = 200, .needed = 200}.alarming());
}

}  // namespace
}  // namespace triaged::log
