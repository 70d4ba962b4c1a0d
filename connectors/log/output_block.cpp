#include "connectors/log/output_block.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "connectors/log/compression.hpp"
#include "rules/model/archive.hpp"

namespace triaged::log {
std::optional<Topic> topic_named(std::string_view name) {
  if (name == "incidents") return Topic::incidents;
  if (name == "alerts") return Topic::alerts;
  if (name == "audit") return Topic::audit;
  if (name == "silences") return Topic::silences;
  if (name == "rejected") return Topic::rejected;
  return std::nullopt;
}

OutputBlocks encode_outputs(std::span<const Output> outputs) {
  StateWriter others;
  StateWriter rejected;
  for (std::uint64_t place = 0; const Output& output : outputs) {
    if (output.topic == Topic::rejected) {
      rejected(place, output.key, output.value);
    } else {
      others(static_cast<std::uint8_t>(output.topic), output.key, output.value);
    }
    ++place;
  }
  const auto block = [](StateWriter& writer) {
    const std::string bytes = writer.take();
    return bytes.empty() ? std::string() : compress(bytes);
  };
  return {.others = block(others), .rejected = block(rejected)};
}

std::optional<std::vector<Output>> decode_outputs(std::string_view others, std::string_view rejected) {
  std::vector<Output> outputs;
  if (!others.empty()) {
    const auto bytes = decompress(others);
    if (!bytes) return std::nullopt;
    StateReader reader(*bytes);
    while (reader.good() && !reader.at_end()) {
      std::uint8_t topic = 0;
      Output& output = outputs.emplace_back();
      reader(topic, output.key, output.value);
      output.topic = Topic{topic};
    }
    if (!reader.good()) return std::nullopt;
  }
  if (rejected.empty()) return outputs;
  const auto bytes = decompress(rejected);
  if (!bytes) return std::nullopt;
  std::vector<Output> merged;
  auto other = outputs.begin();
  StateReader reader(*bytes);
  while (reader.good() && !reader.at_end()) {
    std::uint64_t place = 0;
    Output output{.topic = Topic::rejected, .key = {}, .value = {}};
    reader(place, output.key, output.value);
    while (merged.size() < place && other != outputs.end()) merged.push_back(std::move(*other++));
    if (!reader.good() || merged.size() != place) return std::nullopt;
    merged.push_back(std::move(output));
  }
  std::move(other, outputs.end(), std::back_inserter(merged));
  return merged;
}

bool are_kept_of(std::span<const Output> kept, std::span<const Output> made) {
  const auto is_rejected = [](const Output& output) { return output.topic == Topic::rejected; };
  if (std::ranges::any_of(kept, is_rejected)) return std::ranges::equal(kept, made);
  auto at = kept.begin();
  for (const Output& output : made) {
    if (is_rejected(output)) continue;
    if (at == kept.end() || !(*at == output)) return false;
    ++at;
  }
  return at == kept.end();
}

}  // namespace triaged::log
