#include "connectors/log/snapshot_file.hpp"

#include <filesystem>

#include <catch2/catch.hpp>

#include "tests/support/files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace triaged::log {
namespace {

SnapshotManifest after_cut(std::uint64_t number) {
  return {.cut = number,
          .cut_hash = "hash",
          .through = number * 10,
          .engine_version = "1",
          .outputs = 3,
          .bundle = "texts\nof a bundle",
          .state_bytes = 0,
          .state_hash = {}};
}

void write(const SnapshotStore& store, std::uint64_t cut, std::string_view state) {
  REQUIRE(store.write(store.next_slot(), after_cut(cut), [&](const auto& take) {
    take(state.substr(0, state.size() / 2));
    take(state.substr(state.size() / 2));
  }));
}

TEST_CASE("two slots: the older one is overwritten") {
  const test::TemporaryFolder folder;
  const SnapshotStore store(folder.path());
  CHECK(store.list().empty());
  for (std::uint64_t cut = 1; cut <= 3; ++cut) write(store, cut, "state " + std::to_string(cut));
  const auto found = store.list();
  REQUIRE(found.size() == 2);
  CHECK(found[0].manifest.cut == 3);
  CHECK(found[1].manifest.cut == 2);
  CHECK(store.read(found[0]) == "state 3");
  CHECK(store.read(found[1]) == "state 2");
  CHECK(found[0].manifest.bundle == "texts\nof a bundle");
  CHECK(found[0].file == store.path(0));
}

TEST_CASE("a snapshot that is torn or altered anywhere is not used") {
  const test::TemporaryFolder folder;
  const SnapshotStore store(folder.path());
  write(store, 1, std::string(5000, 's'));
  const std::string good = test::read_file(store.path(0));
  const auto usable = [&] {
    const auto found = store.list();
    return !found.empty() && store.read(found[0]).has_value();
  };
  REQUIRE(usable());
  CHECK(store.damaged().empty());
  for (std::size_t size = 0; size < good.size(); size += 37) {
    test::write_file(store.path(0), good.substr(0, size));
    INFO("cut short at " << size);
    CHECK_FALSE(usable());
    CHECK(store.damaged().size() == 1);
    CHECK(store.next_slot() == 0);
  }
  for (std::size_t at = 0; at < good.size(); at += 7) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    test::write_file(store.path(0), bad);
    INFO("bit flipped at " << at);
    CHECK_FALSE(usable());
  }
  test::write_file(store.path(0), good);
  CHECK(usable());
}

TEST_CASE("a snapshot that can't be written leaves the older one alone, and says why") {
  const test::TemporaryFolder folder;
  const SnapshotStore store(folder / "missing");
  const auto written = store.write(0, after_cut(1), [](const auto& take) { take("x"); });
  REQUIRE_FALSE(written);
  CHECK(written.error().find("missing/snapshot-a.part: can't be created: No such file") != std::string::npos);
}

TEST_CASE("a whole file that came from elsewhere takes a slot, and one that is not good leaves it as it was") {
  const test::TemporaryFolder here;
  const test::TemporaryFolder there;
  const SnapshotStore from(here.path());
  const SnapshotStore to(there.path());
  write(from, 1, "one");
  write(to, 2, "two");
  const std::string file = test::read_file(from.path(0));
  const auto refused = to.write_copy(0, [&file](const auto& take) {
    take(file);
    return false;
  });
  REQUIRE_FALSE(refused);
  CHECK(refused.error().empty());
  CHECK(to.read(to.list().front()) == "two");
  CHECK_FALSE(std::filesystem::exists(to.path(0) + ".part"));
  REQUIRE(to.write_copy(1, [&file](const auto& take) {
    take(file.substr(0, 5));
    take(file.substr(5));
    return true;
  }));
  REQUIRE(to.list().size() == 2);
  CHECK(to.read(to.list().back()) == "one");
}

}  // namespace
}  // namespace triaged::log
