// A read model that is fed from Kafka.
#include "daemon/pipeline/kafka_outputs.hpp"

#include <condition_variable>
#include <mutex>

#include "connectors/readmodel/read_model_reader.hpp"
#include "daemon/pipeline/read_model_feed.hpp"
#include "tests/integration/log/shards.hpp"
#include "tests/support/documents.hpp"
#include "tests/support/temporary_folder.hpp"

namespace triaged::pipeline {
namespace {

using log::Topic;

test::Made made(std::uint64_t number, std::uint32_t shard) {
  auto document = test::incident(number);
  document.key.shard = shard;
  auto output = test::output(document);
  return {.topic = Topic::incidents, .key = std::move(output.key), .left_out = 0, .value = std::move(output.value)};
}

/// Runs a feed until it has come so far.
class Fed {
 public:
  explicit Fed(std::string file) : file_(std::move(file)) {}

  void run(KafkaOutputs& outputs, const std::function<bool(const readmodel::Progress&)>& enough) {
    auto model = readmodel::ReadModel::open(file_);
    REQUIRE(model);
    std::mutex mutex;
    std::condition_variable changed;
    bool done = enough(model->progress());
    ReadModelFeed feed(*std::move(model), outputs,
                       {.on_applied =
                            [&](const readmodel::Progress& progress) {
                              const std::lock_guard lock(mutex);
                              done = done || enough(progress);
                              changed.notify_all();
                            },
                        .on_health =
                            [&](const std::optional<std::string>& why, const readmodel::Progress&) {
                              const std::lock_guard lock(mutex);
                              if (why) faults.push_back(*why);
                              changed.notify_all();
                            },
                        .on_anew = [&](const std::string& why) { anew.push_back(why); }});
    std::unique_lock lock(mutex);
    CHECK(changed.wait_for(lock, kafka::kLong, [&] { return done; }));
    lock.unlock();
    feed.stop();
  }
  void until(const test::Shards& shards, std::uint64_t cut_of_0, std::uint64_t cut_of_1) {
    auto outputs = KafkaOutputs::open(shards.options());
    REQUIRE(outputs);
    run(**outputs, [&](const readmodel::Progress& progress) {
      return progress.of(0).cut == cut_of_0 && progress.of(1).cut == cut_of_1;
    });
  }
  std::size_t incidents() const {
    auto reader = readmodel::ReadModelReader::open(file_);
    REQUIRE(reader);
    return reader->incidents({}, {})->documents.size();
  }

  std::vector<std::string> faults;
  std::vector<std::string> anew;

 private:
  std::string file_;
};

TEST_CASE("a read model has what all shards put out, goes on where it was, and is begun anew for other topics") {
  const test::TemporaryFolder folder;
  Fed fed(folder.file("readmodel.db"));
  test::Shards shards;
  shards.commit(0, {made(1, 0)});
  shards.commit(0, {made(2, 0)});
  shards.commit(1, {made(1, 1)});
  fed.until(shards, 2, 1);
  CHECK(fed.incidents() == 3);
  shards.commit(1, {made(2, 1)});
  fed.until(shards, 2, 2);
  CHECK(fed.incidents() == 4);
  CHECK(fed.anew.empty());

  test::Shards others;
  others.commit(0, {made(1, 0)});
  fed.until(others, 1, 0);
  CHECK(fed.incidents() == 1);
  CHECK(fed.anew == std::vector<std::string>{"it is of other topics"});
  CHECK(fed.faults.empty());
}

TEST_CASE("a cluster that is not there is a fault of the read model's feed, and is waited for") {
  const test::TemporaryFolder folder;
  auto model = readmodel::ReadModel::open(folder.file("readmodel.db"));
  REQUIRE(model);
  test::Shards shards;
  auto options = shards.options();
  options.client.properties["bootstrap.servers"] = "127.0.0.1:1";
  options.patience = Duration{100};
  auto outputs = KafkaOutputs::open(options);
  REQUIRE(outputs);
  const auto begun = (*outputs)->begin(model->progress());
  REQUIRE_FALSE(begun);
  CHECK_FALSE(begun.error().begin_anew);
  CHECK(begun.error().message.find("asking for the ends of " + shards.topics.name(Topic::incidents)) !=
        std::string::npos);
}

}  // namespace
}  // namespace triaged::pipeline
