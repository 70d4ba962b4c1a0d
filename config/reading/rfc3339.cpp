#include "config/reading/rfc3339.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

namespace triaged {
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

std::optional<Time> make_time(unsigned year, unsigned month, unsigned day, unsigned hour, unsigned minute,
                              unsigned second, unsigned milliseconds) {
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(year)}, std::chrono::month{month},
                                         std::chrono::day{day}};
  if (year == 0 || !date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const std::int64_t seconds = (hour * 60 + minute) * 60 + second;
  return Time{std::chrono::sys_days{date}} + std::chrono::seconds(seconds) + Duration{milliseconds};
}

/// Eight characters at once. A '0' in `form` stands for any digit, all else for itself.
class Eight {
 public:
  Eight(const char* text, const char (&form)[9]) {
    static constexpr std::uint64_t kHighs = 0x8080808080808080U;
    std::uint64_t shape = 0;
    std::uint64_t room = 0;  // what may be added to each byte before its high bit is set
    std::memcpy(&digits_, text, sizeof digits_);
    std::memcpy(&shape, form, sizeof shape);
    for (unsigned at = 0; at < 8; ++at) room |= std::uint64_t{form[at] == '0' ? 0x7FU - 9 : 0x7FU} << 8 * at;
    digits_ ^= shape;
    fits_ = ((digits_ | (digits_ + room)) & kHighs) == 0;
    pairs_ = digits_ * 10 + (digits_ >> 8U);
  }
  [[nodiscard]] bool fits() const { return fits_; }
  [[nodiscard]] unsigned one(unsigned at) const { return (digits_ >> 8 * at) & 0xFFU; }
  [[nodiscard]] unsigned two(unsigned at) const { return (pairs_ >> 8 * at) & 0xFFU; }

 private:
  std::uint64_t digits_ = 0;  // a byte each, the first the lowest
  std::uint64_t pairs_ = 0;   // each with the one behind it
  bool fits_ = false;
};

/// The form that append_time() writes, and nearly everybody.
std::optional<Time> parse_usual(const char* text) {
  const Eight date(text, "0000-00-");
  const Eight clock(text + 8, "00T00:00");
  const Eight rest(text + 16, ":00.000Z");
  if (!date.fits() || !clock.fits() || !rest.fits()) return std::nullopt;
  return make_time(date.two(0) * 100 + date.two(2), date.two(5), clock.two(0), clock.two(3), clock.two(6), rest.two(1),
                   rest.one(4) * 100 + rest.two(5));
}

}  // namespace

std::optional<Time> parse_time(std::string_view text) {
  if (text.size() < kShortest) return std::nullopt;
  const char* const at = text.data();
  if (std::endian::native == std::endian::little && text.size() == kTimeBytes) {
    if (const auto time = parse_usual(at)) return time;
  }
  if (at[4] != '-' || at[7] != '-' || (at[10] != 'T' && at[10] != 't') || at[13] != ':' || at[16] != ':') {
    return std::nullopt;
  }
  const unsigned century = two(at);
  const unsigned year = two(at + 2);
  const unsigned hour = two(at + 11);
  const unsigned minute = two(at + 14);
  const unsigned second = two(at + 17);
  if (century > 99 || year > 99) return std::nullopt;

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
  const auto local = make_time(century * 100 + year, two(at + 5), two(at + 8), hour, minute, second, milliseconds);
  if (!local) return std::nullopt;
  return *local - *offset;
}

}  // namespace triaged
