#include "connectors/wire/rfc3339.hpp"

#include <algorithm>
#include <cstdint>

namespace triaged::wire {
namespace {

constexpr std::size_t kShortest = sizeof("2026-03-02T00:00:09Z") - 1;
constexpr std::size_t kOffset = sizeof("+02:00") - 1;

unsigned digit(char c) { return static_cast<unsigned>(static_cast<unsigned char>(c)) - '0'; }

/// Two digits; more than 99 where one of them is none.
unsigned two(const char* text) {
  const unsigned tens = digit(text[0]);
  const unsigned ones = digit(text[1]);
  return tens > 9 || ones > 9 ? 100 : tens * 10 + ones;
}

/// `Z` or `±hh:mm`, the whole of `text`.
std::optional<std::chrono::minutes> parse_offset(std::string_view text) {
  if (text == "Z" || text == "z") return std::chrono::minutes(0);
  if (text.size() != kOffset || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const unsigned hours = two(text.data() + 1);
  const unsigned minutes = two(text.data() + 4);
  if (hours > 23 || minutes > 59) return std::nullopt;
  const std::chrono::minutes offset(hours * 60 + minutes);
  return text[0] == '-' ? -offset : offset;
}

void put_two(char* at, unsigned value) {
  at[0] = static_cast<char>('0' + value / 10);
  at[1] = static_cast<char>('0' + value % 10);
}

}  // namespace

std::optional<Time> parse_time(std::string_view text) {
  if (text.size() < kShortest) return std::nullopt;
  const char* const at = text.data();
  if (at[4] != '-' || at[7] != '-' || (at[10] != 'T' && at[10] != 't') || at[13] != ':' || at[16] != ':') {
    return std::nullopt;
  }
  const unsigned century = two(at);
  const unsigned year = two(at + 2);
  const unsigned hour = two(at + 11);
  const unsigned minute = two(at + 14);
  const unsigned second = two(at + 17);
  if (century > 99 || year > 99 || century + year == 0 || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(century * 100 + year)},
                                         std::chrono::month{two(at + 5)}, std::chrono::day{two(at + 8)}};
  if (!date.ok()) return std::nullopt;

  std::size_t next = kShortest - 1;
  unsigned milliseconds = 0;
  if (text[next] == '.') {
    static constexpr unsigned kWeights[] = {0, 100, 10, 1};  // by how many of the three digits there are
    const std::size_t begin = ++next;
    const std::size_t three = std::min(begin + 3, text.size());
    for (; next < three && digit(text[next]) <= 9; ++next) milliseconds = milliseconds * 10 + digit(text[next]);
    milliseconds *= kWeights[next - begin];
    if (next == begin) return std::nullopt;
    while (next < text.size() && digit(text[next]) <= 9) ++next;
  }
  const auto offset = parse_offset(text.substr(next));
  if (!offset) return std::nullopt;
  const std::int64_t seconds = (hour * 60 + minute) * 60 + second;
  return Time{std::chrono::sys_days{date}} + std::chrono::seconds(seconds) + Duration{milliseconds} - *offset;
}

void append_time(std::string& out, Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const auto rest = static_cast<unsigned>((time - day).count());
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  char text[] = "0000-00-00T00:00:00.000Z";
  put_two(text, year / 100 % 100);
  put_two(text + 2, year % 100);
  put_two(text + 5, static_cast<unsigned>(date.month()));
  put_two(text + 8, static_cast<unsigned>(date.day()));
  put_two(text + 11, rest / 3'600'000);
  put_two(text + 14, rest / 60'000 % 60);
  put_two(text + 17, rest / 1000 % 60);
  text[20] = static_cast<char>('0' + rest / 100 % 10);
  put_two(text + 21, rest % 100);
  out.append(text, sizeof(text) - 1);
}

}  // namespace triaged::wire
