#include "daemon/pipeline/kafka_outputs.hpp"

#include <utility>
#include <vector>

#include <fmt/format.h>

namespace triaged::pipeline {

std::expected<std::unique_ptr<KafkaOutputs>, std::string> KafkaOutputs::open(log::OutputReader::Options options) {
  if (options.shards > readmodel::kMostShards) {
    return std::unexpected(fmt::format("{} has {} partitions; there can be {} at most", options.topics.source,
                                       options.shards, readmodel::kMostShards));
  }
  auto reader = log::OutputReader::open(std::move(options));
  if (!reader) return std::unexpected(std::move(reader.error().message));
  return std::unique_ptr<KafkaOutputs>(new KafkaOutputs(*std::move(reader)));
}

std::expected<std::string, OutputSource::Fault> KafkaOutputs::begin(const readmodel::Progress& progress) {
  if (progress.resume.empty() && !progress.shards.empty()) return "it is of a log on this machine";
  std::vector<log::CompleteCut> complete;
  for (const auto& of : progress.shards) {
    complete.push_back({.shard = of.shard, .number = of.cut, .clock = of.clock, .outputs = of.outputs});
  }
  auto begun = reader_->begin(progress.resume, complete);
  if (begun) return std::string();
  if (begun.error().others) return std::move(begun.error().message);
  return std::unexpected(Fault{.message = std::move(begun.error().message), .begin_anew = false});
}

std::expected<OutputSource::Next, OutputSource::Fault> KafkaOutputs::next() {
  auto read = reader_->next();
  if (!read) {
    return std::unexpected(Fault{.message = std::move(read.error().message), .begin_anew = read.error().others});
  }
  Next next{.portion = {.outputs = std::move(read->outputs), .progress = {}, .resume = reader_->resume()},
            .more = read->more};
  for (const auto& cut : read->complete) {
    next.portion.progress.push_back(
        {.shard = cut.shard, .cut = cut.number, .clock = cut.clock, .outputs = cut.outputs});
  }
  return next;
}

}  // namespace triaged::pipeline
