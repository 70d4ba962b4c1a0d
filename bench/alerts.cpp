// bench_alerts COUNT: so many alerts that fire, each with labels of its own, as NDJSON on standard output.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "bench/made_alert.hpp"

namespace {

void append(std::string& line, const char* name, const bench::MadeAlert::Pairs& pairs) {
  line += '"';
  line += name;
  line += "\":{";
  for (const auto& [key, value] : pairs) {
    if (line.back() != '{') line += ',';
    line.append("\"").append(key).append("\":\"").append(value).append("\"");
  }
  line += "},";
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  std::string line;
  for (std::uint64_t number = 0; number < count; ++number) {
    const bench::MadeAlert alert = bench::make_alert(number);
    line = '{';
    append(line, "labels", alert.labels);
    append(line, "annotations", alert.annotations);
    line += R"("startsAt":"2026-03-02T00:00:00.000Z","endsAt":"0001-01-01T00:00:00Z"})";
    line += '\n';
    if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size()) return 1;
  }
  return std::fflush(stdout) == 0 ? 0 : 1;
}
