#include "daemon/pipeline/read_model_feed.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>

#include <catch2/catch.hpp>

#include "connectors/log/local/local_log.hpp"
#include "connectors/log/memory/memory_log.hpp"
#include "daemon/pipeline/local_outputs.hpp"
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
  LocalOutputs outputs(*std::move(reader));
  ReadModelFeed feed(
      *std::move(model), outputs,
      {.on_applied = [&](const readmodel::Progress& progress) { applied[progress.of(0).cut - 1].set_value(); },
       .on_health = [](const std::optional<std::string>&, const readmodel::Progress&) {},
       .before_anew = [] {},
       .on_anew = [](const std::string&) {},
       .history = Duration{0},
       .rest_factor = 1'000'000'000,
       .longest_rest = std::chrono::hours(1)});
  const auto commit = [&](std::uint64_t number, Time clock) {
    const log::Batch made = batch(number, clock);
    REQUIRE((*log)->write({}, &made));
    outputs.committed(number);
  };
  const auto is_applied = [&](std::uint64_t number) {
    return applied[number - 1].get_future().wait_for(kPatience) == std::future_status::ready;
  };
  commit(1, Time{Duration{100}});
  REQUIRE(is_applied(1));
  feed.awaited(0, Time{Duration{200}});
  commit(2, Time{Duration{200}});
  CHECK(is_applied(2));
}

std::string why_not(std::uint64_t cut, Time clock, LocalOutputs& log) {
  return log.begin({.shards = {{.shard = 0, .cut = cut, .clock = clock, .outputs = 0}}, .resume = {}}).value();
}

TEST_CASE("a read model goes with a log that has its last cut, and with no other") {
  auto memory = std::make_unique<log::MemoryLog>();
  auto& writer = *memory;
  LocalOutputs log(std::move(memory));
  const auto clock_of = [](std::uint64_t number) { return Time{Duration{1000 + number}}; };
  CHECK(why_not(0, Time{}, log).empty());
  CHECK(why_not(1, clock_of(1), log) == "the log ends before cut 1");
  for (std::uint64_t number = 1; number <= 3; ++number) {
    const log::Batch made = batch(number, clock_of(number));
    REQUIRE(writer.write({}, &made));
  }
  CHECK(why_not(0, Time{}, log).empty());
  CHECK(why_not(1, clock_of(1), log).empty());
  CHECK(why_not(3, clock_of(3), log).empty());
  CHECK(why_not(3, clock_of(2), log) == "cut 3 of the log is another one");
  CHECK(why_not(4, clock_of(4), log) == "the log ends before cut 4");
  CHECK(log.begin({.shards = {}, .resume = "kafka"}).value() == "it is of a log in Kafka");
}

/// Gives what the test decides, and is told what it begins with.
struct FakeOutputs final : OutputSource {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::uint64_t> begun;  // with which cut of shard 1
  std::deque<std::expected<Next, Fault>> steps;
  bool woken = false;

  std::expected<std::string, Fault> begin(const readmodel::Progress& progress) override {
    const std::lock_guard lock(mutex);
    begun.push_back(progress.of(1).cut);
    return begun.back() == 7 ? "it is of another log" : "";
  }
  std::expected<Next, Fault> next() override {
    const std::lock_guard lock(mutex);
    if (steps.empty()) return Next{};
    auto step = std::move(steps.front());
    steps.pop_front();
    return step;
  }
  void wait(Duration at_most) override {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, at_most, [this] { return woken; });
    woken = false;
  }
  void wake() override {
    const std::lock_guard lock(mutex);
    woken = true;
    changed.notify_all();
  }
};

OutputSource::Next cut_of_shard_1(std::uint64_t cut) {
  return {.portion = {.outputs = {},
                      .progress = {{.shard = 1, .cut = cut, .clock = Time{Duration{1000}}, .outputs = 0}},
                      .resume = "r" + std::to_string(cut)},
          .more = false};
}

TEST_CASE("a read model that does not go with the outputs, or turns out not to, is begun anew") {
  const test::TemporaryFolder folder;
  auto model = readmodel::ReadModel::open(folder.path() + "/readmodel.db");
  REQUIRE(model);
  REQUIRE(model->apply(cut_of_shard_1(7).portion));
  FakeOutputs outputs;
  outputs.steps.push_back(cut_of_shard_1(3));
  outputs.steps.push_back(std::unexpected(OutputSource::Fault{"the broker is gone", false}));
  outputs.steps.push_back(std::unexpected(OutputSource::Fault{"they begin again", true}));
  outputs.steps.push_back(cut_of_shard_1(2));
  std::vector<std::string> told;
  std::promise<void> done;
  ReadModelFeed feed(*std::move(model), outputs,
                     {.on_applied =
                          [&](const readmodel::Progress& progress) {
                            told.push_back(progress.resume);
                            outputs.wake();
                            if (progress.resume == "r2") done.set_value();
                          },
                      .on_health = [&](const std::optional<std::string>& why,
                                       const readmodel::Progress&) { told.push_back(why.value_or("good")); },
                      .before_anew = [] {},
                      .on_anew = [&](const std::string& why) { told.push_back("anew: " + why); }});
  REQUIRE(done.get_future().wait_for(kPatience) == std::future_status::ready);
  feed.stop();
  CHECK(told == std::vector<std::string>{"anew: it is of another log", "r3", "the broker is gone",
                                         "anew: they begin again", "r2", "good"});
  CHECK(outputs.begun == std::vector<std::uint64_t>{7, 0, 0});
}

}  // namespace
}  // namespace triaged::pipeline
