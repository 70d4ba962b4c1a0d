#include "rules/correlate/habits.hpp"

#include <catch2/catch.hpp>

#include "rules/model/archive.hpp"

using namespace triaged;
using namespace std::chrono_literals;

namespace {
constexpr ServiceId kService{7};
constexpr Time kStart = kEarliest + 1000h;
}  // namespace

TEST_CASE("onsets are counted by service, name and instance", "[habits]") {
  Habits habits;
  for (int i = 0; i < 3; ++i) habits.count(kService, 1, 2, kStart + i * 1h);
  CHECK(habits.earlier(kService, 1, 2) == 3);
  CHECK(habits.earlier(kService, 1, 3) == 0);
  CHECK(habits.earlier(kService, 2, 2) == 0);
  CHECK(habits.earlier(ServiceId{8}, 1, 2) == 0);
  CHECK(habits.history(kStart + 5h) == 5h);
}

TEST_CASE("what is long past counts less and goes in the end", "[habits]") {
  Habits habits;
  for (int i = 0; i < 4; ++i) habits.count(kService, 1, 2, kStart);
  habits.count(kService, 9, 9, kStart);
  habits.count(kService, 3, 3, kStart + Habits::kSpan);
  CHECK(habits.earlier(kService, 1, 2) == 2);
  CHECK(habits.earlier(kService, 9, 9) == 0);
  CHECK(habits.history(kStart + Habits::kSpan) == Habits::kSpan / 2);
}

TEST_CASE("equal habits give equal bytes, however they were learned", "[habits]") {
  Habits one;
  Habits other;
  for (std::uint32_t i = 0; i < 100; ++i) one.count(kService, i, 0, kStart);
  for (std::uint32_t i = 100; i-- > 0;) other.count(kService, i, 0, kStart);
  StateWriter a;
  StateWriter b;
  a(one);
  b(other);
  CHECK(a.take() == b.take());
}
