#include "daemon/pipeline/read_model_feed.hpp"

#include <chrono>
#include <future>

#include <catch2/catch.hpp>

#include "connectors/log/local/local_log.hpp"
#include "connectors/log/memory/memory_log.hpp"
#include "tests/support/temporary_folder.hpp"

namespace triaged::pipeline {
namespace {

constexpr std::chrono::seconds kPatience{30};

log::Batch batch(std::uint64_t number, Time clock) {
  log::Batch batch;
  batch.cut.number = number;
  batch.cut.clock = clock;
  return batch;
}

TEST_CASE("whoever waits for the read model does not wait for its rest") {
  const test::TemporaryFolder folder;
  auto log = log::LocalLog::open(folder.path());
  auto reader = log::LocalReader::open(folder.path());
  auto model = readmodel::ReadModel::open(folder.path() + "/readmodel.db");
  REQUIRE(log);
  REQUIRE(reader);
  REQUIRE(model);
  std::promise<void> applied[2];
  ReadModelFeed feed(*std::move(model), *std::move(reader),
                     {.on_applied = [&](const readmodel::Progress& progress) { applied[progress.cut - 1].set_value(); },
                      .on_health = [](const std::optional<std::string>&, const readmodel::Progress&) {},
                      .before_anew = [] {},
                      .on_anew = [](const std::string&) {},
                      .history = Duration{0},
                      .rest_factor = 1'000'000'000,
                      .longest_rest = std::chrono::hours(1)});
  const auto commit = [&](std::uint64_t number, Time clock) {
    const log::Batch made = batch(number, clock);
    REQUIRE((*log)->write({}, &made));
    feed.committed(number);
  };
  const auto is_applied = [&](std::uint64_t number) {
    return applied[number - 1].get_future().wait_for(kPatience) == std::future_status::ready;
  };
  commit(1, Time{Duration{100}});
  REQUIRE(is_applied(1));
  feed.awaited(Time{Duration{200}});
  commit(2, Time{Duration{200}});
  CHECK(is_applied(2));
}

std::string why_not(std::uint64_t cut, Time clock, log::LogReader& log) {
  return mismatch({.cut = cut, .clock = clock, .outputs = 0}, log).value();
}

TEST_CASE("a read model goes with a log that has its last cut, and with no other") {
  log::MemoryLog log;
  const auto clock_of = [](std::uint64_t number) { return Time{Duration{1000 + number}}; };
  CHECK(why_not(0, Time{}, log).empty());
  CHECK(why_not(1, clock_of(1), log) == "the log ends before cut 1");
  for (std::uint64_t number = 1; number <= 3; ++number) {
    const log::Batch made = batch(number, clock_of(number));
    REQUIRE(log.write({}, &made));
  }
  CHECK(why_not(0, Time{}, log).empty());
  CHECK(why_not(1, clock_of(1), log).empty());
  CHECK(why_not(3, clock_of(3), log).empty());
  CHECK(why_not(3, clock_of(2), log) == "cut 3 of the log is another one");
  CHECK(why_not(4, clock_of(4), log) == "the log ends before cut 4");
}

}  // namespace
}  // namespace triaged::pipeline
