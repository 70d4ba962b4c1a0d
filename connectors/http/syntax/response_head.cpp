#include "connectors/http/syntax/response_head.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "connectors/http/syntax/compression.hpp"

namespace triaged::http {
namespace {

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  for (const char c : value) {
    const auto code = static_cast<unsigned char>(c);
    out += code < 0x20 || code == 0x7F ? ' ' : c;
  }
  out += "\r\n";
}

}  // namespace

std::string to_http_date(Time time) {
  static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays.at(std::chrono::weekday(day).c_encoding()),
                     static_cast<unsigned>(date.day()), kMonths.at(static_cast<unsigned>(date.month()) - 1),
                     static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

std::string response_head(const Response& response, const Envelope& envelope) {
  std::string out;
  out.reserve(512);
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", response.status, reason(response.status));
  append_field(out, "Date", envelope.date);
  out += "Server: triaged\r\n";
  if (!envelope.request_id.empty()) append_field(out, "X-Request-Id", envelope.request_id);
  if (!response.content_type.empty()) append_field(out, "Content-Type", response.content_type);
  const bool has_length = response.status != 204 && response.status != 304;
  if (has_length) fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", envelope.length);
  if (envelope.gzipped) out += "Content-Encoding: gzip\r\n";
  if (is_compressible(response.content_type)) out += "Vary: Accept-Encoding\r\n";
  out += "X-Content-Type-Options: nosniff\r\n";
  bool says_cache = false;
  for (const Header& header : response.headers) {
    says_cache = says_cache || equal_ignoring_case(header.name, "Cache-Control");
    append_field(out, header.name, header.value);
  }
  if (!says_cache) out += "Cache-Control: no-store\r\n";
  if (envelope.close) {
    out += "Connection: close\r\n";
  } else if (envelope.keep_alive_1_0) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
  return out;
}

}  // namespace triaged::http
