#include "rules/model/archive.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace triaged;

namespace {

struct Row {
  std::int16_t small = 0;
  bool flag = false;
  RuleIndex rule;
  Time at{};
  std::string text;
  std::vector<std::uint64_t> numbers;
  std::vector<std::string> texts;
  template <class A>
  void fields(A& a) {
    a(small, flag, rule, at, text, numbers, texts);
  }
  bool operator==(const Row&) const = default;
};

Row row(std::size_t bytes) {
  return {-3, true, 7, kEarliest, std::string(bytes, 'x'), std::vector<std::uint64_t>(bytes / 8, 5), {"", "a"}};
}

}  // namespace

TEST_CASE("state goes out in pieces of one size, and comes back", "[archive]") {
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{100}, StateWriter::kPiece - 8, 3 * StateWriter::kPiece}) {
    const Row written = row(bytes);
    std::vector<std::size_t> sizes;
    std::string all;
    StateWriter writer([&](std::string_view piece) {
      sizes.push_back(piece.size());
      all.append(piece);
    });
    writer(written);
    const std::uint64_t sum = writer.finish();
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      CHECK((sizes[i] == StateWriter::kPiece || (i + 1 == sizes.size() && sizes[i] < StateWriter::kPiece)));
    }
    CHECK(sum == archive_sum(all));
    Row read;
    StateReader reader(all);
    reader(read);
    CHECK(reader.good());
    CHECK(reader.at_end());
    CHECK(read == written);
  }
}

TEST_CASE("integers are little-endian and of their own size", "[archive]") {
  StateWriter writer;
  writer(std::uint32_t{0x01020304}, std::int16_t{-2}, std::vector<std::uint16_t>{0x0506});
  CHECK(writer.take() == std::string("\x04\x03\x02\x01\xFE\xFF\x01\0\0\0\0\0\0\0\x06\x05", 16));
}

TEST_CASE("what is cut short or claims too much is told", "[archive]") {
  StateWriter writer;
  writer(row(64));
  const std::string all = writer.take();
  for (std::size_t size = 0; size < all.size(); ++size) {
    Row read;
    StateReader reader(std::string_view(all).substr(0, size));
    reader(read);
    CHECK_FALSE(reader.good());
  }
  std::vector<std::uint64_t> read;
  StateReader reader(std::string_view("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F........", 16));
  reader(read);
  CHECK_FALSE(reader.good());
  CHECK(read.empty());
}
