#include "connectors/log/cut_codec.hpp"

#include <charconv>

#include <fmt/format.h>

#include "config/digest.hpp"

namespace triaged::log {
namespace {

constexpr std::string_view kForm = "cut=1";

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

}  // namespace

std::string encode(const Cut& cut) {
  return fmt::format(
      "{} number={} previous={} through={} clock={} attempt={} engine={} bundle={} outputs={} hash={} clamped={}",
      kForm, cut.number, cut.previous, cut.through, cut.clock.time_since_epoch().count(), cut.attempt ? 1 : 0,
      cut.engine_version, cut.bundle, cut.outputs, cut.outputs_hash, cut.clamped.time_since_epoch().count());
}

std::optional<Cut> decode_cut(std::string_view text) {
  Fields fields(text);
  Cut cut;
  int attempt = 0;
  if (fields.text("cut") != kForm.substr(kForm.find('=') + 1)) return std::nullopt;
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
