#include "connectors/wire/change_decoder.hpp"

#include <cstdint>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "connectors/wire/json_reader.hpp"

namespace triaged::wire {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kLineBytes = 256 * 1024;
constexpr std::size_t kTextBytes = 1024;
constexpr std::size_t kDepth = 32;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kWhitespace = " \t\r\n";

std::optional<Fault> read_text(std::string_view field, dom::element value, std::string& out) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return Fault{"change", fmt::format("{} is not a string", field)};
  if (text.size() > kTextBytes) return too_large(field, text.size(), kTextBytes);
  out = text;
  return std::nullopt;
}

std::optional<Fault> read_change(JsonReader& reader, std::string_view line, DecodedChange& change) {
  if (line.size() > kLineBytes) return too_large("the change", line.size(), kLineBytes);
  const auto root = reader.parse(reader.padded(line));
  if (!root) return root.error();
  dom::object object;
  if (root->get(object) != simdjson::SUCCESS) return Fault{"malformed_json", "not a change: not a JSON object"};
  if (auto fault = reader.check(*root, 0, kDepth)) return fault;
  std::optional<Time> implemented_at;
  for (const auto field : object) {
    std::optional<Fault> fault;
    if (field.key == "id") fault = read_text("id", field.value, change.id);
    if (field.key == "service") fault = read_text("service", field.value, change.service);
    if (field.key == "kind" && !field.value.is_null()) fault = read_text("kind", field.value, change.kind);
    if (field.key == "implementedAt") fault = read_time("implementedAt", field.value, implemented_at);
    if (fault) return fault;
  }
  if (change.id.empty()) return Fault{"change", "no id"};
  if (change.service.empty()) return Fault{"change", "no service"};
  if (!implemented_at) return Fault{"change", "no implementedAt"};
  change.implemented_at = *implemented_at;
  return std::nullopt;
}

}  // namespace

void decode_changes(std::string_view text, std::vector<DecodedChange>& changes, std::vector<Rejection>& rejections) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  JsonReader reader;
  for (std::uint64_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.find_first_not_of(kWhitespace) == std::string_view::npos) continue;
    DecodedChange change;
    if (auto fault = read_change(reader, line, change)) {
      rejections.push_back(rejection(number, *std::move(fault)));
    } else {
      changes.push_back(std::move(change));
    }
  }
}

}  // namespace triaged::wire
