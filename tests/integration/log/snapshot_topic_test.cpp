#include "connectors/log/kafka/snapshot_topic.hpp"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "connectors/kafka/producer.hpp"
#include "connectors/log/kafka/snapshot_copies.hpp"
#include "tests/integration/kafka/broker.hpp"
#include "tests/support/temporary_folder.hpp"

namespace triaged::log {
namespace {

using kafka::PartitionReader;

/// A shard's folder, as one instance has it.
class Folder {
 public:
  [[nodiscard]] const SnapshotStore& store() const { return store_; }
  /// Larger than two chunks, and unlike that of any other cut.
  StoredSnapshot snapshot(std::uint64_t cut) {
    SnapshotManifest manifest;
    manifest.cut = cut;
    manifest.cut_hash = fmt::format("hash{}", cut);
    const int slot = store_.next_slot();
    REQUIRE(store_.write(slot, manifest, [cut](const auto& take) {
      for (int i = 0; i < 200'000; ++i) take(fmt::format("{} {},", cut, i));
    }));
    for (StoredSnapshot& stored : store_.list()) {
      if (stored.manifest.cut == cut) return stored;
    }
    FAIL("it is not there");
    return {};
  }
  /// The cuts of what is here, and is good.
  [[nodiscard]] std::vector<std::uint64_t> cuts() const {
    std::vector<std::uint64_t> found;
    for (const StoredSnapshot& stored : store_.list()) {
      if (store_.verify(stored)) found.push_back(stored.manifest.cut);
    }
    return found;
  }

 private:
  test::TemporaryFolder folder_;
  SnapshotStore store_{folder_.path()};
};

class Topic {
 public:
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::unique_ptr<SnapshotTopic> open(std::function<void(std::string_view)> on_stage = [](auto) {
  }) const {
    auto made = SnapshotTopic::open({.client = kafka::broker(), .topic = name_, .on_stage = std::move(on_stage)});
    REQUIRE(made);
    return *std::move(made);
  }
  [[nodiscard]] std::int64_t oldest() const { return marks().low; }
  [[nodiscard]] std::vector<SnapshotCopy> copies() const {
    return SnapshotCopies::open(kafka::broker(), name_, 0, kafka::kLong)->list()->copies;
  }
  struct Stored {
    std::string value;
    std::vector<std::pair<std::string, std::string>> headers;
  };
  [[nodiscard]] std::vector<Stored> read() const {
    auto reader = PartitionReader::open(kafka::broker(), PartitionReader::Isolation::committed);
    REQUIRE(reader);
    REQUIRE((*reader)->seek(name_, 0, oldest()));
    std::vector<Stored> found;
    for (;;) {
      const auto step = (*reader)->read(kafka::kLong);
      REQUIRE(step);
      if (step->at_end) return found;
      Stored stored{std::string(step->record.value().value()), {}};
      for (const char* name : {"kind", "snapshot", "writer", "last"}) {
        stored.headers.emplace_back(name, step->record.header(name).value());
      }
      found.push_back(std::move(stored));
    }
  }
  void write(const Stored& record) const {
    auto producer = kafka::Producer::open(kafka::broker());
    REQUIRE(producer);
    std::vector<kafka::Header> headers;
    for (const auto& [name, value] : record.headers) headers.push_back({name, value});
    REQUIRE((*producer)->send(
        {.topic = name_, .partition = 0, .key = "", .value = record.value, .headers = std::move(headers)},
        kafka::kLong));
  }

 private:
  [[nodiscard]] PartitionReader::Watermarks marks() const {
    auto reader = PartitionReader::open(kafka::broker(), PartitionReader::Isolation::committed);
    REQUIRE(reader);
    return (*reader)->watermarks(name_, 0, kafka::kLong).value();
  }
  std::string name_ = kafka::fresh_topic();
};

void upload(SnapshotTopic& topic, Folder& folder, std::uint64_t cut) {
  const auto done = topic.upload(folder.store(), folder.snapshot(cut));
  INFO((done ? "" : done.error().message));
  REQUIRE(done);
}

SnapshotTopic::Fetched fetch(const Topic& topic, const Folder& folder) {
  auto fetched = topic.open()->fetch(folder.store());
  INFO((fetched ? "" : fetched.error().message));
  REQUIRE(fetched);
  return *std::move(fetched);
}

using Cuts = std::vector<std::uint64_t>;

TEST_CASE("a snapshot that was copied is fetched to another disk, once") {
  const Topic topic;
  Folder here;
  CHECK_FALSE(fetch(topic, here).cut);
  auto copies = topic.open();
  upload(*copies, here, 7);
  for (const auto& [value, headers] : topic.read()) CHECK(value.size() <= std::size_t{900} << 10U);
  Folder there;
  const auto fetched = fetch(topic, there);
  CHECK(fetched.cut == 7);
  CHECK_FALSE(fetched.was_there);
  CHECK(fetched.passed_over.empty());
  CHECK(there.cuts() == Cuts{7});
  CHECK(there.store().read(there.store().list().front()) == here.store().read(here.store().list().front()));
  CHECK(fetch(topic, there).was_there);

  // What is there is not copied again.
  const auto before = topic.read().size();
  REQUIRE(topic.open()->upload(there.store(), there.store().list().front()));
  CHECK(topic.read().size() == before);

  // A damaged one is no cache of anything.
  std::fstream(there.store().list().front().file, std::ios::in | std::ios::out) << "x";
  CHECK(there.cuts().empty());
  CHECK_FALSE(fetch(topic, there).was_there);
  CHECK(there.cuts() == Cuts{7});
}

TEST_CASE("the copy before stays until the newer one was read back, and the one before that goes") {
  const Topic topic;
  Folder folder;
  std::vector<std::string> stages;
  std::vector<std::int64_t> oldest;
  auto copies = topic.open([&](std::string_view stage) {
    stages.emplace_back(stage);
    oldest.push_back(topic.oldest());
  });
  upload(*copies, folder, 1);
  upload(*copies, folder, 2);
  CHECK(topic.oldest() == 0);
  stages.clear();
  oldest.clear();
  upload(*copies, folder, 3);
  CHECK(stages == std::vector<std::string>{"chunk", "chunk", "manifest", "read back"});
  CHECK(oldest == std::vector<std::int64_t>(4, 0));
  const auto left = topic.copies();
  REQUIRE(left.size() == 2);
  CHECK(left[0].cut == 3);
  CHECK(left[1].cut == 2);
  CHECK(topic.oldest() == left[1].first);
}

TEST_CASE("a copy that does not come back as it was written is an error, and nothing is deleted") {
  const Topic topic;
  Folder folder;
  upload(*topic.open(), folder, 1);
  upload(*topic.open(), folder, 2);
  auto copies = topic.open([&, done = false](std::string_view stage) mutable {
    if (stage != "chunk" || std::exchange(done, true)) return;
    topic.write(topic.read().back());  // a chunk twice
  });
  const auto failed = copies->upload(folder.store(), folder.snapshot(3));
  REQUIRE_FALSE(failed);
  INFO(failed.error().message);
  CHECK(failed.error().message.find("snapshot 3 at offset") != std::string::npos);
  CHECK(topic.oldest() == 0);
  Folder other;
  const auto fetched = fetch(topic, other);
  CHECK(fetched.cut == 2);
  CHECK(fetched.passed_over.size() == 1);
  CHECK(other.cuts() == Cuts{2});

  // Nor does it count as the one to keep.
  upload(*topic.open(), folder, 4);
  Folder third;
  CHECK(fetch(topic, third).cut == 4);
  const auto left = topic.copies();
  CHECK(left.back().cut == 2);
  CHECK(topic.oldest() == left.back().first);
}

TEST_CASE("a copy that was cut off is passed over, wherever it ended") {
  const Topic topic;
  Folder folder;
  upload(*topic.open(), folder, 1);
  // As somebody leaves it who dies after so many chunks; more than a look back from the end sees at once.
  Topic::Stored chunk = topic.read().front();
  chunk.headers = {{"kind", "chunk"},
                   {"snapshot", "2"},
                   {"writer", "dead"},
                   {"last", std::to_string(topic.copies().front().offset)}};
  for (const int chunks : {1, 12}) {
    for (int i = 0; i < chunks; ++i) topic.write(chunk);
    Folder other;
    const auto fetched = fetch(topic, other);
    CHECK(fetched.cut == 1);
    REQUIRE(fetched.passed_over.size() == 1);
    CHECK(fetched.passed_over.front().starts_with(topic.name() + "/0: a copy of snapshot 2, "));
    CHECK(other.cuts() == Cuts{1});
  }
  upload(*topic.open(), folder, 3);
  const auto fetched = fetch(topic, folder);
  CHECK(fetched.cut == 3);
  CHECK(fetched.was_there);
}

TEST_CASE("a copy with a byte that flipped is passed over") {
  const Topic topic;
  Folder folder;
  upload(*topic.open(), folder, 1);
  const auto good = topic.read();
  // The same again as cut 2, as if it had been damaged on its way.
  const std::size_t damaged = GENERATE(0, 1, 2);  // two chunks and a manifest
  INFO(damaged);
  REQUIRE(good.size() == 3);
  SnapshotCopy copy = topic.copies().front();
  copy.cut = 2;
  copy.first += 3;
  copy.last += 3;
  for (std::size_t i = 0; i < good.size(); ++i) {
    Topic::Stored record = good[i];
    record.headers = {{"kind", i == 2 ? "manifest" : "chunk"}, {"snapshot", "2"}, {"writer", "other"}, {"last", "2"}};
    if (i == 2) record.value = encode(copy);
    if (i == damaged) record.value[record.value.size() / 2] ^= 1;
    topic.write(record);
  }
  Folder other;
  const auto fetched = fetch(topic, other);
  CHECK(fetched.cut == 1);
  CHECK(fetched.passed_over.size() == 1);
  CHECK(other.cuts() == Cuts{1});
}

TEST_CASE("two that write at once leave a whole copy each") {
  const Topic topic;
  Folder one;
  Folder two;
  const StoredSnapshot first = one.snapshot(1);
  const StoredSnapshot second = two.snapshot(2);
  auto beside = topic.open();
  auto copies = topic.open([&, done = false](std::string_view stage) mutable {
    if (stage == "chunk" && !std::exchange(done, true)) REQUIRE(beside->upload(two.store(), second));
  });
  REQUIRE(copies->upload(one.store(), first));
  Folder other;
  CHECK(fetch(topic, other).cut == 2);
  const auto left = topic.copies();
  REQUIRE(left.size() == 2);
  auto reading = SnapshotCopies::open(kafka::broker(), topic.name(), 0, kafka::kLong);
  for (const SnapshotCopy& copy : left) CHECK(reading->read(copy, [](std::string_view) {}).value().empty());
}

TEST_CASE("a snapshot whose file was overwritten meanwhile is not copied") {
  const Topic topic;
  Folder folder;
  const StoredSnapshot old = folder.snapshot(1);
  folder.snapshot(2);
  folder.snapshot(3);  // in its place
  const auto failed = topic.open()->upload(folder.store(), old);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message == old.file + ": has another snapshot than that of cut 1 by now");
  CHECK(topic.copies().empty());
}

}  // namespace
}  // namespace triaged::log
