#include "config/reading/environment.hpp"

#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

namespace triaged::config {
namespace {

constexpr std::string_view kBegin = "${";
constexpr std::string_view kEnvironment = "${env:";

bool is_name(std::string_view name) {
  return !name.empty() && name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
                              std::string_view::npos;
}

bool has_control(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> read_expanded(const yaml::Node& node, yaml::Faults& faults) {
  const auto text = read_text(node, faults);
  if (!text) return std::nullopt;
  const auto fault = [&](std::size_t offset, const std::string& message) {
    faults.error(place_in(node, offset, faults.source()), message);
    return std::nullopt;
  };
  const std::string_view written = *text;
  std::string expanded;
  std::size_t at = 0;
  for (auto begin = written.find(kBegin); begin != std::string_view::npos; begin = written.find(kBegin, at)) {
    expanded += written.substr(at, begin - at);
    const auto end = written.find('}', begin);
    const bool known = written.substr(begin).starts_with(kEnvironment) && end != std::string_view::npos;
    const std::string name(known ? written.substr(begin + kEnvironment.size(), end - begin - kEnvironment.size()) : "");
    if (!is_name(name)) return fault(begin, "expected ${env:NAME} here, with the name of an environment variable");
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe)
    if (value == nullptr) return fault(begin, fmt::format("the environment variable {} is not defined", name));
    if (has_control(value)) {
      return fault(begin, fmt::format("the environment variable {} has a control character in it", name));
    }
    expanded += value;
    at = end + 1;
  }
  expanded += written.substr(at);
  if (expanded.empty()) return fault(0, "this text is empty once its variables are replaced");
  return expanded;
}

}  // namespace triaged::config
