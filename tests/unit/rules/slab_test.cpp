#include "rules/model/slab.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "rules/model/archive.hpp"

namespace {

enum class RowId : std::uint32_t {};
using Rows = triaged::Slab<RowId, std::string>;

std::vector<std::string> all(const Rows& rows) {
  std::vector<std::string> found;
  rows.for_each(
      [&](RowId id, const std::string& row) { found.push_back(std::to_string(static_cast<std::uint32_t>(id)) + row); });
  return found;
}

}  // namespace

TEST_CASE("a removed row's id is used again, the last removed first") {
  Rows rows;
  for (const char* const row : {"a", "b", "c"}) rows.add(row);
  rows.remove(RowId{0});
  rows.remove(RowId{1});
  CHECK_FALSE(rows.has(RowId{1}));
  CHECK_FALSE(rows.has(RowId{3}));
  CHECK(rows.size() == 1);
  CHECK(rows.add("d") == RowId{1});
  CHECK(rows.add("e") == RowId{0});
  CHECK(rows.add("f") == RowId{3});
  CHECK(all(rows) == std::vector<std::string>{"0e", "1d", "2c", "3f"});
}

TEST_CASE("rows stay where they are while others come") {
  Rows rows;
  const std::string* const first = &rows[rows.add("first")];
  for (int i = 0; i < 3000; ++i) rows.add(std::to_string(i));
  CHECK(first == &rows[RowId{0}]);
  CHECK(rows[RowId{2999}] == "2998");
}

TEST_CASE("a slab that was written and read gives the same rows and the same ids next") {
  Rows rows;
  for (int i = 0; i < 600; ++i) rows.add(std::to_string(i));
  for (const std::uint32_t gone : {7U, 599U, 256U}) rows.remove(RowId{gone});
  triaged::StateWriter writer;
  writer(rows);
  const std::string bytes = writer.take();
  Rows copy;
  triaged::StateReader reader(bytes);
  reader(copy);
  CHECK(reader.good());
  CHECK(reader.at_end());
  CHECK(all(copy) == all(rows));
  CHECK(copy.size() == rows.size());
  for (int i = 0; i < 4; ++i) CHECK(copy.add("new") == rows.add("new"));
}
