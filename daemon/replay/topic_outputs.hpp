// The outputs of a log's cuts → the files that `replay --log` was asked for, one a topic.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "connectors/log/shard_log.hpp"
#include "daemon/replay/output_file.hpp"

namespace triaged::replay {

/// Writes values as they are, one a line. Not thread-safe.
class TopicOutputs {
 public:
  /// With `final_only`, incidents are kept until finish() and only the last document of each is written, by number.
  explicit TopicOutputs(bool final_only) : final_only_(final_only) {}

  void add(log::Topic topic, OutputFile file) { files_.emplace_back(topic, std::move(file)); }

  void take(std::span<const log::Output> outputs);
  /// Writes what is left and closes the files.
  void finish();

  /// The first write that failed, as a sentence.
  [[nodiscard]] std::optional<std::string> error() const;
  /// Whoever read our standard output has gone, and nothing else is being written.
  [[nodiscard]] bool nobody_reads() const;

 private:
  static void write(OutputFile& file, const std::string& value);

  std::vector<std::pair<log::Topic, OutputFile>> files_;
  bool final_only_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> last_;  // document by shard and number
};

}  // namespace triaged::replay
