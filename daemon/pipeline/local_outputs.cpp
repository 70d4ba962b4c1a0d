#include "daemon/pipeline/local_outputs.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace triaged::pipeline {
namespace {

// So much goes into one portion while there is more to catch up with.
constexpr std::size_t kDocuments = 50'000;
constexpr std::size_t kCuts = 64;

std::unexpected<OutputSource::Fault> fault(const log::LogError& error) {
  return std::unexpected(OutputSource::Fault{.message = error.message, .begin_anew = false});
}

}  // namespace

void LocalOutputs::committed(std::uint64_t cut) {
  {
    const std::lock_guard lock(mutex_);
    committed_ = std::max(committed_, cut);
  }
  changed_.notify_one();
}

std::expected<std::string, OutputSource::Fault> LocalOutputs::begin(const readmodel::Progress& progress) {
  if (!progress.resume.empty()) return "it is of a log in Kafka";
  const readmodel::ShardProgress of = progress.of(0);
  given_ = of.cut;
  if (of.cut == 0) return std::string();
  const auto cut = log_->cuts(of.cut - 1, 1);
  if (!cut) return fault(cut.error());
  if (cut->empty()) return fmt::format("the log ends before cut {}", of.cut);
  if (cut->front().number != of.cut) return fmt::format("the log has let cut {} go", of.cut);
  if (cut->front().clock != of.clock) return fmt::format("cut {} of the log is another one", of.cut);
  return std::string();
}

std::expected<OutputSource::Next, OutputSource::Fault> LocalOutputs::next() {
  const auto cuts = log_->cuts(given_, kCuts);
  if (!cuts) return fault(cuts.error());
  Next next;
  std::vector<log::NumberedOutput>& outputs = next.portion.outputs;
  for (const log::Cut& cut : *cuts) {
    auto more = log_->outputs(cut.number);
    if (!more) return fault(more.error());
    std::uint64_t number = cut.outputs - more->size();
    for (log::Output& output : *more) outputs.push_back({.shard = 0, .number = ++number, .output = std::move(output)});
    next.portion.progress = {{.shard = 0, .cut = cut.number, .clock = cut.clock, .outputs = cut.outputs}};
    if (outputs.size() >= kDocuments) break;
  }
  if (next.portion.progress.empty()) return next;
  const std::uint64_t last = next.portion.progress.front().cut;
  next.more = cuts->size() == kCuts || last != cuts->back().number;
  given_ = last;
  return next;
}

void LocalOutputs::wait(Duration at_most) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, at_most, [this] { return woken_ || committed_ > given_; });
  woken_ = false;
}

void LocalOutputs::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_one();
}

}  // namespace triaged::pipeline
