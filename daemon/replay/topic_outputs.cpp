#include "daemon/replay/topic_outputs.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace triaged::replay {
namespace {

std::uint64_t number_of(std::string_view digits) {
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

/// PREFIX-SHARD-NUMBER → shard and number: the prefix may change while an incident lives.
std::pair<std::uint64_t, std::uint64_t> identity(std::string_view key) {
  const auto number = std::min(key.rfind('-'), key.size());
  const auto shard = std::min(key.substr(0, number).rfind('-'), number);
  return {number_of(key.substr(std::min(shard + 1, number), number - std::min(shard + 1, number))),
          number_of(key.substr(std::min(number + 1, key.size())))};
}

}  // namespace

void TopicOutputs::take(std::span<const log::Output> outputs) {
  for (const log::Output& output : outputs) {
    for (auto& [topic, file] : files_) {
      if (topic != output.topic) continue;
      if (final_only_ && topic == log::Topic::incidents) {
        last_.insert_or_assign(identity(output.key), output.value);
      } else {
        write(file, output.value);
      }
    }
  }
}

void TopicOutputs::write(OutputFile& file, const std::string& value) {
  file.buffer() += value;
  file.buffer() += '\n';
  file.lines_added();
}

void TopicOutputs::finish() {
  for (auto& [topic, file] : files_) {
    if (topic == log::Topic::incidents) {
      for (const auto& [key, document] : last_) write(file, document);
    }
    file.finish();
  }
}

std::optional<std::string> TopicOutputs::error() const {
  const auto failed = std::ranges::find_if(files_, [](const auto& file) { return file.second.error().has_value(); });
  return failed == files_.end() ? std::nullopt : failed->second.error();
}

bool TopicOutputs::nobody_reads() const {
  return !files_.empty() && std::ranges::all_of(files_, [](const auto& file) { return file.second.reader_gone(); });
}

}  // namespace triaged::replay
