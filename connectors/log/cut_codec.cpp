#include "connectors/log/cut_codec.hpp"

#include <charconv>

#include <fmt/format.h>

#include "config/digest.hpp"

namespace triaged::log {
namespace {

constexpr std::string_view kPlain = "1";
constexpr std::string_view kWithRuns = "2";
constexpr std::string_view kSkipped = ":skipped";

/// Takes `name=value` from the front of a line.
class Fields {
 public:
  explicit Fields(std::string_view text) : rest_(text) {}

  std::string_view text(std::string_view name) {
    if (!rest_.starts_with(name) || rest_.size() <= name.size() || rest_[name.size()] != '=') {
      good_ = false;
      return {};
    }
    rest_.remove_prefix(name.size() + 1);
    const std::string_view value = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(std::min(rest_.size(), value.size() + 1));
    return value;
  }
  template <class Number>
  void number(std::string_view name, Number& into) {
    const std::string_view digits = text(name);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), into);
    if (error != std::errc{} || end != digits.data() + digits.size()) good_ = false;
  }
  void time(std::string_view name, Time& into) {
    std::int64_t milliseconds = 0;
    number(name, milliseconds);
    into = Time{Duration{milliseconds}};
  }
  [[nodiscard]] bool good() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

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

bool read_runs(std::string_view text, std::vector<Run>& runs) {
  for (bool more = true; more;) {
    const std::size_t comma = text.find(',');
    if (!read_run(text.substr(0, comma), runs.emplace_back())) return false;
    more = comma != std::string_view::npos;
    if (more) text.remove_prefix(comma + 1);
  }
  return true;
}

}  // namespace

std::string encode(const Cut& cut) {
  std::string line = fmt::format(
      "cut={} number={} previous={} through={} clock={} attempt={} engine={} bundle={} outputs={} hash={} clamped={}",
      cut.runs.empty() ? kPlain : kWithRuns, cut.number, cut.previous, cut.through,
      cut.clock.time_since_epoch().count(), cut.attempt ? 1 : 0, cut.engine_version, cut.bundle, cut.outputs,
      cut.outputs_hash, cut.clamped.time_since_epoch().count());
  for (const Run& run : cut.runs) {
    line += fmt::format("{}{}:{}:{}:{}{}", &run == cut.runs.data() ? " runs=" : ",", run.input, run.first, run.last,
                        run.count, run.skipped ? kSkipped : std::string_view());
  }
  return line;
}

std::optional<Cut> decode_cut(std::string_view text) {
  Fields fields(text);
  Cut cut;
  int attempt = 0;
  const std::string_view form = fields.text("cut");
  if (form != kPlain && form != kWithRuns) return std::nullopt;
  fields.number("number", cut.number);
  cut.previous = fields.text("previous");
  fields.number("through", cut.through);
  fields.time("clock", cut.clock);
  fields.number("attempt", attempt);
  cut.attempt = attempt != 0;
  cut.engine_version = fields.text("engine");
  cut.bundle = fields.text("bundle");
  fields.number("outputs", cut.outputs);
  cut.outputs_hash = fields.text("hash");
  fields.time("clamped", cut.clamped);
  if (form == kWithRuns && !read_runs(fields.text("runs"), cut.runs)) return std::nullopt;
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
