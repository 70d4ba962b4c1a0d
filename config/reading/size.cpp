#include "config/reading/size.hpp"

#include <iterator>

#include <fmt/format.h>

namespace triaged::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t bytes;
};

constexpr Unit kUnits[] = {{"TiB", std::uint64_t{1} << 40U},
                           {"GiB", std::uint64_t{1} << 30U},
                           {"MiB", std::uint64_t{1} << 20U},
                           {"KiB", std::uint64_t{1} << 10U},
                           {"B", 1}};
constexpr std::uint64_t kMost = 1024 * kUnits[0].bytes;

std::unexpected<TextError> fault(std::size_t offset, std::string message) {
  return std::unexpected(TextError{offset, std::move(message)});
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// What is meant by mb, M, kib and the like: the unit that begins with the same letter.
const Unit* meant_by(std::string_view name) {
  const Unit* unit = std::begin(kUnits);
  while (unit != std::end(kUnits) && lower(unit->name[0]) != lower(name[0])) ++unit;
  return unit == std::end(kUnits) ? nullptr : unit;
}

}  // namespace

std::expected<std::uint64_t, TextError> parse_size(std::string_view text) {
  if (text == "0") return std::uint64_t{0};
  std::uint64_t number = 0;
  std::size_t at = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
    number = number * 10 + static_cast<std::uint64_t>(text[at] - '0');
    if (number > kMost) return fault(0, "this size is too large");
  }
  if (at == 0) return fault(0, "expected a size such as 16MiB");
  const auto name = text.substr(at);
  if (name.empty()) return fault(at, fmt::format("a unit is missing; write {0}KiB, {0}MiB or {0}GiB", number));
  for (const auto& unit : kUnits) {
    if (unit.name != name) continue;
    if (number > kMost / unit.bytes) return fault(0, "this size is too large");
    return number * unit.bytes;
  }
  const Unit* meant = meant_by(name);
  return fault(at, meant == nullptr
                       ? fmt::format("unknown unit \"{}\"; one of B, KiB, MiB, GiB, TiB", name)
                       : fmt::format("unknown unit \"{}\"; did you mean \"{}{}\"?", name, number, meant->name));
}

std::string format_size(std::uint64_t bytes) {
  if (bytes == 0) return "0";
  const Unit* unit = std::begin(kUnits);
  while (bytes % unit->bytes != 0) ++unit;
  return fmt::format("{}{}", bytes / unit->bytes, unit->name);
}

std::optional<std::uint64_t> read_size(const yaml::Node& node, yaml::Faults& faults, SizeBounds bounds, bool zero_too) {
  if (!node.is(yaml::Node::Kind::scalar)) {
    if (!node.is(yaml::Node::Kind::broken)) {
      faults.error(node.at, fmt::format("expected a size such as 16MiB, found {}", describe(node)));
    }
    return std::nullopt;
  }
  const auto size = parse_size(node.text);
  if (!size) {
    faults.error(place_in(node, size.error().offset, faults.source()), size.error().message);
    return std::nullopt;
  }
  if ((*size >= bounds.least && *size <= bounds.most) || (zero_too && *size == 0)) return *size;
  faults.error(node.at,
               fmt::format("\"{}\" must be at least {} and at most {}{}, found {}", node.key, format_size(bounds.least),
                           format_size(bounds.most), zero_too ? ", or 0" : "", node.text));
  return std::nullopt;
}

}  // namespace triaged::config
