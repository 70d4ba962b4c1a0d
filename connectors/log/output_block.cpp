#include "connectors/log/output_block.hpp"

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

std::string encode_outputs(std::span<const Output> outputs) {
  StateWriter writer;
  for (const Output& output : outputs) {
    writer(static_cast<std::uint8_t>(output.topic), output.key, output.value);
  }
  return compress(writer.take());
}

std::optional<std::vector<Output>> decode_outputs(std::string_view block) {
  const auto bytes = decompress(block);
  if (!bytes) return std::nullopt;
  std::vector<Output> outputs;
  StateReader reader(*bytes);
  while (reader.good() && !reader.at_end()) {
    std::uint8_t topic = 0;
    Output& output = outputs.emplace_back();
    reader(topic, output.key, output.value);
    output.topic = Topic{topic};
  }
  if (!reader.good()) return std::nullopt;
  return outputs;
}

}  // namespace triaged::log
