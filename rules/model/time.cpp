#include "rules/model/time.hpp"

#include <cstring>

namespace triaged {
namespace {

void put_two(char* at, unsigned value) {
  at[0] = static_cast<char>('0' + value / 10);
  at[1] = static_cast<char>('0' + value % 10);
}

}  // namespace

char* put_time(char* at, Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const auto rest = static_cast<unsigned>((time - day).count());
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  std::memcpy(at, "0000-00-00T00:00:00.000Z", kTimeBytes);
  put_two(at, year / 100 % 100);
  put_two(at + 2, year % 100);
  put_two(at + 5, static_cast<unsigned>(date.month()));
  put_two(at + 8, static_cast<unsigned>(date.day()));
  put_two(at + 11, rest / 3'600'000);
  put_two(at + 14, rest / 60'000 % 60);
  put_two(at + 17, rest / 1000 % 60);
  at[20] = static_cast<char>('0' + rest / 100 % 10);
  put_two(at + 21, rest % 100);
  return at + kTimeBytes;
}

void append_time(std::string& out, Time time) {
  char text[kTimeBytes];
  out.append(text, put_time(text, time));
}

}  // namespace triaged
