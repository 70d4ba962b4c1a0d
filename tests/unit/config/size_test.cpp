#include "config/reading/size.hpp"

#include <catch2/catch.hpp>

namespace triaged::config {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;

TEST_CASE("sizes: whole numbers with binary units are read", "[config]") {
  const auto [text, value] = GENERATE(table<std::string, std::uint64_t>({
      {"0", 0},
      {"0B", 0},
      {"17B", 17},
      {"4KiB", 4096},
      {"16MiB", 16 * kMiB},
      {"10GiB", 10 * 1024 * kMiB},
      {"1024TiB", std::uint64_t{1} << 50U},
  }));
  CAPTURE(text);
  const auto size = parse_size(text);
  REQUIRE(size);
  CHECK(*size == value);
}

TEST_CASE("sizes: what is none is refused at its place", "[config]") {
  const auto [text, offset, message] = GENERATE(table<std::string, std::size_t, std::string>({
      {"", 0, "expected a size such as 16MiB"},
      {"MiB", 0, "expected a size such as 16MiB"},
      {"-1MiB", 0, "expected a size such as 16MiB"},
      {"16", 2, "a unit is missing; write 16KiB, 16MiB or 16GiB"},
      {"16MB", 2, "unknown unit \"MB\"; did you mean \"16MiB\"?"},
      {"16m", 2, "unknown unit \"m\"; did you mean \"16MiB\"?"},
      {"16 MiB", 2, "unknown unit \" MiB\"; one of B, KiB, MiB, GiB, TiB"},
      {"1.5GiB", 1, "unknown unit \".5GiB\"; one of B, KiB, MiB, GiB, TiB"},
      {"1025TiB", 0, "this size is too large"},
      {"99999999999999999999999999B", 0, "this size is too large"},
  }));
  CAPTURE(text);
  const auto size = parse_size(text);
  REQUIRE_FALSE(size);
  CHECK(size.error().offset == offset);
  CHECK(size.error().message == message);
}

TEST_CASE("sizes: what is printed is the shortest form, and reads back as the same", "[config]") {
  const auto [value, text] = GENERATE(table<std::uint64_t, std::string>({{0, "0"},
                                                                         {1, "1B"},
                                                                         {1023, "1023B"},
                                                                         {1536, "1536B"},
                                                                         {2048, "2KiB"},
                                                                         {16 * kMiB, "16MiB"},
                                                                         {kMiB << 20U, "1TiB"}}));
  CHECK(format_size(value) == text);
  CHECK(parse_size(text) == value);
}

}  // namespace
}  // namespace triaged::config
