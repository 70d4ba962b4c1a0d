#include "connectors/log/local/local_log.hpp"

#include <csignal>
#include <filesystem>
#include <random>

#include <catch2/catch.hpp>
#include <sys/resource.h>

#include "connectors/log/cut_chain.hpp"
#include "connectors/log/cut_codec.hpp"
#include "connectors/log/memory/memory_log.hpp"
#include "connectors/log/output_block.hpp"
#include "tests/support/temporary_folder.hpp"

namespace triaged::log {
namespace {

constexpr Time kStart{Duration{1'700'000'000'000}};

Delivery delivery(std::string payload, std::string source = "prometheus", std::string resume = {}) {
  return {.kind = RecordKind::alerts,
          .source = std::move(source),
          .payload = std::move(payload),
          .log_time = kStart,
          .skips = 0,
          .resume = std::move(resume)};
}

Batch batch(std::uint64_t number, Position through) {
  Batch made;
  made.outputs = {{Topic::incidents, "INC-0-1", "{}"}, {Topic::alerts, "abc", R"({"a":1})"}};
  made.cut.number = number;
  made.cut.through = through;
  made.cut.engine_version = "1";
  made.cut.outputs = 2 * number;
  made.cut.outputs_hash = hash_of(made.outputs);
  return made;
}

/// What any log promises to readers.
void check_log(LogWriter& writer, LogReader& reader) {
  CHECK(reader.first_record() == Position{0});
  CHECK_FALSE(reader.last_cut().value().has_value());
  const std::vector<Delivery> first{delivery("one"), delivery("two", "file", "offset 3")};
  CHECK(writer.write(first, nullptr) == Position{1});
  Delivery skip{.kind = RecordKind::skip, .source = {}, .payload = "{}", .log_time = kStart, .skips = 2, .resume = {}};
  const Batch one = batch(1, 2);
  CHECK(writer.write({&skip, 1}, &one) == Position{3});
  const Batch two = batch(2, 3);
  CHECK(writer.write({}, &two).has_value());

  CHECK(reader.first_record() == Position{1});
  const auto records = reader.records(0, 1000);
  REQUIRE(records);
  REQUIRE(records->size() == 3);
  CHECK((*records)[1].position == 2);
  CHECK((*records)[1].payload == "two");
  CHECK((*records)[1].source == "file");
  CHECK((*records)[1].log_time == kStart);
  CHECK((*records)[2].skips == 2);
  CHECK(reader.records(0, 1)->size() == 1);
  CHECK(reader.records(3, 1000)->empty());
  CHECK(reader.skipped() == std::vector<Position>{2});
  CHECK(reader.last_cut().value() == two.cut);
  CHECK(reader.cuts(0, 10)->size() == 2);
  CHECK(reader.cuts(1, 10)->front() == two.cut);
  CHECK(reader.cuts(0, 1)->size() == 1);
  CHECK(reader.outputs(1) == one.outputs);
  CHECK(reader.outputs(7)->empty());
}

TEST_CASE("the log in memory gives back what was written") {
  MemoryLog log;
  check_log(log, log);
  CHECK(log.resume("file") == "offset 3");
  log.fail_next({LogError::Kind::full, "no room"});
  const auto more = delivery("three");
  CHECK_FALSE(log.write({&more, 1}, nullptr));
  CHECK(log.records(0, 1000)->size() == 3);
}

TEST_CASE("the log on disk gives back what was written, also after it was opened anew") {
  const test::TemporaryFolder folder;
  {
    auto writer = LocalLog::open(folder.path());
    REQUIRE(writer);
    auto reader = LocalReader::open(folder.path());
    REQUIRE(reader);
    check_log(**writer, **reader);
  }
  auto writer = LocalLog::open(folder.path());
  REQUIRE(writer);
  CHECK((*writer)->resumes()->at("file") == "offset 3");
  const auto more = delivery("four");
  CHECK((*writer)->write({&more, 1}, nullptr) == Position{4});
  CHECK((*writer)->clean() == true);
  CHECK((*writer)->set_clean(false));
  CHECK((*writer)->clean() == false);
  CHECK((*writer)->save({"out.ndjson", 3, "here"}));
  CHECK((*writer)->save({"out.ndjson", 4, "there"}));
  REQUIRE((*writer)->publishers()->size() == 1);
  CHECK((*writer)->publishers()->front().cut == 4);
  CHECK((*writer)->publishers()->front().resume == "there");
}

/// Until it goes, no file of this process grows beyond `bytes`: to a log that is as good as a full disk.
class NoRoom {
 public:
  explicit NoRoom(std::uintmax_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit less{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &less);
  }
  NoRoom(const NoRoom&) = delete;
  NoRoom& operator=(const NoRoom&) = delete;
  ~NoRoom() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int) = std::signal(SIGXFSZ, SIG_IGN);
};

TEST_CASE("a write of nothing says whether the log can be written") {
  const test::TemporaryFolder folder;
  auto writer = LocalLog::open(folder.path());
  REQUIRE(writer);
  const auto one = delivery("one");
  REQUIRE((*writer)->write({&one, 1}, nullptr) == Position{1});
  for (int time = 0; time < 3; ++time) {
    CHECK((*writer)->write({}, nullptr));
    const NoRoom full(std::filesystem::file_size(local_log_file(folder.path()) + "-wal"));
    CHECK_FALSE((*writer)->write({}, nullptr));
    CHECK_FALSE((*writer)->write({}, nullptr));
  }
  CHECK((*writer)->write({&one, 1}, nullptr) == Position{2});
}

TEST_CASE("a write that fails leaves nothing, and its positions are given again") {
  const test::TemporaryFolder folder;
  auto writer = LocalLog::open(folder.path());
  REQUIRE(writer);
  const Batch one = batch(1, 0);
  REQUIRE((*writer)->write({}, &one));
  const auto more = delivery("x");
  const auto failed = (*writer)->write({&more, 1}, &one);  // the same cut twice
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind == LogError::Kind::broken);
  CHECK((*writer)->write({&more, 1}, nullptr) == Position{1});
}

TEST_CASE("pruning deletes from the front and never the last record") {
  const test::TemporaryFolder folder;
  auto writer = LocalLog::open(folder.path());
  REQUIRE(writer);
  std::vector<Delivery> many;
  for (int i = 0; i < 1200; ++i) many.push_back(delivery(std::string(100, 'x')));
  REQUIRE((*writer)->write(many, nullptr));
  for (std::uint64_t i = 1; i <= 4; ++i) {
    const Batch made = batch(i, 300 * i);
    REQUIRE((*writer)->write({}, &made));
  }
  while ((*writer)->prune({.records_before = 5000, .cuts_before = 3, .rejected_before = 0}).value()) {
  }
  auto reader = LocalReader::open(folder.path());
  REQUIRE(reader);
  CHECK((*reader)->first_record() == Position{1200});
  CHECK((*reader)->cuts(0, 10)->front().number == 3);
  CHECK((*reader)->outputs(2)->empty());
  CHECK((*reader)->outputs(3)->size() == 2);
  CHECK((*writer)->checkpoint());
}

TEST_CASE("what may go by age and size") {
  const test::TemporaryFolder folder;
  auto writer = LocalLog::open(folder.path());
  REQUIRE(writer);
  auto reader = LocalReader::open(folder.path());
  REQUIRE(reader);
  CHECK((*reader)->last_before(kStart, 1) == Position{0});
  for (int hour = 0; hour < 40; ++hour) {
    // Bytes that can't be made smaller.
    std::mt19937 random(static_cast<unsigned>(hour));
    auto one = delivery({});
    for (int i = 0; i < 10'000; ++i) one.payload += static_cast<char>(random());
    one.log_time = kStart + std::chrono::hours(hour);
    REQUIRE((*writer)->write({&one, 1}, nullptr));
  }
  CHECK((*reader)->last_before(kStart, 0) == Position{0});
  CHECK((*reader)->last_before(kStart + Duration{1}, 0) == Position{1});
  CHECK((*reader)->last_before(kStart + std::chrono::hours(4), 0) == Position{4});
  CHECK((*reader)->last_before(kStart + std::chrono::hours(99), 0) == Position{40});
  CHECK((*reader)->last_before(kStart, 1'000'000) == Position{0});
  CHECK((*reader)->last_before(kStart, 1) == Position{40});
  const Position some = (*reader)->last_before(kStart, 300'000).value();
  CHECK(some > 8);
  CHECK(some < 30);
  CHECK((*reader)->last_before(kStart + std::chrono::hours(35), 300'000) == Position{35});
  while ((*writer)->prune({.records_before = some + 1, .cuts_before = 0, .rejected_before = 0}).value()) {
  }
  // Pages are not as large as records: one more may have to go.
  const Position more = (*reader)->last_before(kStart, 300'000).value();
  CHECK((more == 0 || more == some + 1));
  CHECK((*reader)->kept()->first == some + 1);
  CHECK((*reader)->kept()->last == 40);
  CHECK((*reader)->kept()->bytes > 0);
}

TEST_CASE("log time stood last where the last record or the last cut says") {
  const test::TemporaryFolder folder;
  auto writer = LocalLog::open(folder.path());
  REQUIRE(writer);
  auto reader = LocalReader::open(folder.path());
  REQUIRE(reader);
  CHECK_FALSE((*reader)->last_log_time().value().has_value());
  const auto one = delivery("one");
  Batch tick = batch(1, 1);
  tick.cut.clock = kStart - Duration{5};
  REQUIRE((*writer)->write({&one, 1}, &tick));
  CHECK((*reader)->last_log_time().value() == kStart);
  tick = batch(2, 1);
  tick.cut.clock = kStart + Duration{7};
  REQUIRE((*writer)->write({}, &tick));
  CHECK((*reader)->last_log_time().value() == kStart + Duration{7});
}

/// Ten cuts, an hour from each to the next, each with an incident between two rejected documents.
std::vector<Batch> write_rejected(LocalLog& writer) {
  std::vector<Batch> batches;
  for (std::uint64_t number = 1; number <= 10; ++number) {
    Batch made = batch(number, 0);
    std::mt19937 random(static_cast<unsigned>(number));
    std::string value;
    for (int i = 0; i < 10'000; ++i) value += static_cast<char>(random());  // can't be made smaller
    made.outputs = {{Topic::rejected, "0-1-1", value}, {Topic::incidents, "INC-0-1", "{}"}, {Topic::rejected, "b", ""}};
    made.cut.clock = kStart + std::chrono::hours(number);
    made.cut.outputs = 3 * number;
    made.cut.outputs_hash = hash_of(made.outputs);
    if (number > 1) made.cut.previous = hash_of(batches.back().cut);
    REQUIRE(writer.write({}, &made));
    batches.push_back(std::move(made));
  }
  return batches;
}

TEST_CASE("what was rejected goes by its own age and size, and what is left is still checked") {
  const test::TemporaryFolder folder;
  auto writer = LocalLog::open(folder.path());
  REQUIRE(writer);
  const auto batches = write_rejected(**writer);
  auto reader = LocalReader::open(folder.path());
  REQUIRE(reader);
  for (const Batch& made : batches) CHECK((*reader)->outputs(made.cut.number) == made.outputs);
  REQUIRE(check_cuts(**reader, 10, true));

  CHECK((*reader)->last_rejected_before(kStart, 0) == std::uint64_t{0});
  CHECK((*reader)->last_rejected_before(kStart + std::chrono::hours(3), 0) == std::uint64_t{2});
  CHECK((*reader)->last_rejected_before(kStart + std::chrono::hours(99), 0) == std::uint64_t{10});
  CHECK((*reader)->last_rejected_before(kStart, 1'000'000) == std::uint64_t{0});
  CHECK((*reader)->last_rejected_before(kStart, 45'000) == std::uint64_t{6});
  CHECK((*reader)->last_rejected_before(kStart + std::chrono::hours(9), 45'000) == std::uint64_t{8});
  CHECK((*reader)->last_rejected_before(kStart, 1) == std::uint64_t{10});

  CHECK_FALSE((*writer)->prune({.records_before = 0, .cuts_before = 0, .rejected_before = 7}).value());
  CHECK((*reader)->cuts(0, 100)->size() == 10);
  CHECK((*reader)->outputs(6) == std::vector<Output>{batches[5].outputs[1]});
  CHECK((*reader)->outputs(7) == batches[6].outputs);
  CHECK((*reader)->last_rejected_before(kStart, 45'000) == std::uint64_t{0});
  CHECK(check_cuts(**reader, 10, true)->last == 10);
  // With the cuts goes what they rejected.
  CHECK_FALSE((*writer)->prune({.records_before = 0, .cuts_before = 9, .rejected_before = 0}).value());
  CHECK((*reader)->outputs(8)->empty());
  CHECK((*reader)->last_rejected_before(kStart + std::chrono::hours(9), 0) == std::uint64_t{0});
  CHECK(check_cuts(**reader, 10, true)->first == 9);
}

TEST_CASE("a block that was altered is found, also where what was rejected is gone") {
  const test::TemporaryFolder folder;
  {
    auto writer = LocalLog::open(folder.path());
    REQUIRE(writer);
    write_rejected(**writer);
    REQUIRE((*writer)->prune({.records_before = 0, .cuts_before = 0, .rejected_before = 3}));
  }
  const auto altered = [&](std::vector<Output> outputs, int cut) {
    auto database = sqlite::Database::open(local_log_file(folder.path()));
    REQUIRE(database);
    auto update = database->prepare("update outputs set block = ? where cut = ?");
    REQUIRE(update);
    const OutputBlocks blocks = encode_outputs(outputs);
    REQUIRE(update->bind_blob(1, blocks.others).bind(2, cut).run());
    auto reader = LocalReader::open(folder.path());
    REQUIRE(reader);
    const auto checked = check_cuts(**reader, 10, true);
    return checked ? std::string() : checked.error();
  };
  const Output incident{Topic::incidents, "INC-0-1", "{}"};
  CHECK(altered({incident, incident}, 5) == "cut 5 has other outputs than its hash says");
  CHECK(altered({incident}, 5).empty());
  CHECK(altered({incident, incident, incident}, 2) == "cut 2 has other outputs than its hash says");
}

TEST_CASE("a log of form 1 is made form 2 where it is written") {
  const test::TemporaryFolder folder;
  {
    auto writer = LocalLog::open(folder.path());
    REQUIRE(writer);
    const Batch one = batch(1, 0);
    REQUIRE((*writer)->write({}, &one));
  }
  {
    auto database = sqlite::Database::open(local_log_file(folder.path()));
    REQUIRE(database);
    REQUIRE(database->exec("drop table rejected; pragma user_version = 1"));
  }
  CHECK(LocalReader::open(folder.path()).error().message.find("has form 1") != std::string::npos);
  REQUIRE(LocalLog::open(folder.path()));
  auto reader = LocalReader::open(folder.path());
  REQUIRE(reader);
  CHECK((*reader)->outputs(1) == batch(1, 0).outputs);
}

TEST_CASE("a file that is no log is refused, with its name") {
  const test::TemporaryFolder folder;
  auto reader = LocalReader::open(folder.path());
  REQUIRE_FALSE(reader);
  CHECK(reader.error().message.find("log.db") != std::string::npos);
}

}  // namespace
}  // namespace triaged::log
