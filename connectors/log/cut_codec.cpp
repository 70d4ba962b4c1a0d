#include "connectors/log/cut_codec.hpp"

#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/digest.hpp"
#include "connectors/log/text_fields.hpp"

namespace triaged::log {
namespace {

constexpr std::string_view kPlain = "1";
constexpr std::string_view kWithOrigins = "2";
constexpr std::string_view kSkipped = ":skipped";

/// INPUT:FIRST:LAST:COUNT
bool read_run(std::string_view text, Run& run) {
  if (text.ends_with(kSkipped)) {
    run.skipped = true;
    text.remove_suffix(kSkipped.size());
  }
  const auto take = [&text](auto& number, char end) {
    const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return false;
    text.remove_prefix(static_cast<std::size_t>(at - text.data()));
    if (end == '\0') return text.empty();
    if (!text.starts_with(end)) return false;
    text.remove_prefix(1);
    return true;
  };
  return take(run.input, ':') && take(run.first, ':') && take(run.last, ':') && take(run.count, '\0') &&
         run.count != 0 && run.first <= run.last;
}

/// Calls `read` with each part between commas. False: it did not like one.
template <typename Read>
bool read_list(std::string_view text, Read read) {
  for (;;) {
    const std::size_t comma = text.find(',');
    if (!read(text.substr(0, comma))) return false;
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
}

bool read_number(std::string_view text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

bool read_latest(std::string_view text, std::array<std::uint64_t, kTopics>& latest) {
  std::size_t place = 0;
  const bool good = read_list(text, [&](std::string_view part) {
    if (place == kTopics || !read_number(part, latest[place])) return false;
    ++place;
    return true;
  });
  return good && place == kTopics;
}

bool read_origins(TextFields& fields, Cut& cut) {
  fields.time("ceiling", cut.ceiling);
  const std::string_view runs = fields.text("runs");
  if (!runs.empty() &&
      !read_list(runs, [&](std::string_view part) { return read_run(part, cut.runs.emplace_back()); })) {
    return false;
  }
  return read_list(fields.text("next"),
                   [&](std::string_view part) { return read_number(part, cut.next.emplace_back()); }) &&
         read_latest(fields.text("latest"), cut.latest);
}

}  // namespace

std::string encode(const Cut& cut) {
  std::string line = fmt::format(
      "cut={} number={} previous={} through={} clock={} attempt={} engine={} bundle={} outputs={} hash={} clamped={}",
      cut.next.empty() ? kPlain : kWithOrigins, cut.number, cut.previous, cut.through,
      cut.clock.time_since_epoch().count(), cut.attempt, cut.engine_version, cut.bundle, cut.outputs, cut.outputs_hash,
      cut.clamped.time_since_epoch().count());
  if (cut.next.empty()) return line;
  line += fmt::format(" ceiling={} runs=", cut.ceiling.time_since_epoch().count());
  for (const Run& run : cut.runs) {
    line += fmt::format("{}{}:{}:{}:{}{}", &run == cut.runs.data() ? "" : ",", run.input, run.first, run.last,
                        run.count, run.skipped ? kSkipped : std::string_view());
  }
  return line + fmt::format(" next={} latest={}", fmt::join(cut.next, ","), fmt::join(cut.latest, ","));
}

std::optional<Cut> decode_cut(std::string_view text) {
  TextFields fields(text);
  Cut cut;
  const std::string_view form = fields.text("cut");
  if (form != kPlain && form != kWithOrigins) return std::nullopt;
  fields.number("number", cut.number);
  cut.previous = fields.text("previous");
  fields.number("through", cut.through);
  fields.time("clock", cut.clock);
  fields.number("attempt", cut.attempt);
  cut.engine_version = fields.text("engine");
  cut.bundle = fields.text("bundle");
  fields.number("outputs", cut.outputs);
  cut.outputs_hash = fields.text("hash");
  fields.time("clamped", cut.clamped);
  if (form == kWithOrigins && !read_origins(fields, cut)) return std::nullopt;
  if (!fields.good()) return std::nullopt;
  return cut;
}

Hash hash_of(const Cut& cut) {
  config::Digest digest;
  digest.add(encode(cut));
  return digest.hex();
}

Hash hash_of(std::span<const Output> outputs) {
  config::Digest digest;
  for (const Output& output : outputs) {
    const char topic = static_cast<char>(output.topic);
    digest.add({&topic, 1});
    digest.add(output.key);
    digest.add(output.value);
  }
  return digest.hex();
}

}  // namespace triaged::log
