#include "daemon/app/reload.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace triaged::app {
namespace {

constexpr std::size_t kMostWaiting = 4;

}  // namespace

std::vector<std::string> restart_blocks(const config::Settings& in_use, const config::Settings& read) {
  // Who counts as stalled is decided by the bundle, and so is taken.
  const auto same_input = [](const config::SourceConfig& a, const config::SourceConfig& b) {
    return a.name == b.name && a.input == b.input && a.format == b.format;
  };
  std::vector<std::string> blocks;
  if (in_use.state_directory != read.state_directory || in_use.kafka_log != read.kafka_log) {
    blocks.emplace_back("log");
  }
  if (in_use.kafka_properties != read.kafka_properties) blocks.emplace_back("kafka");
  if (in_use.http != read.http) blocks.emplace_back("http");
  if (!std::ranges::equal(in_use.sources, read.sources, same_input)) blocks.emplace_back("sources");
  if (in_use.publish != read.publish) blocks.emplace_back("publish");
  if (in_use.retention != read.retention) blocks.emplace_back("retention");
  if (in_use.snapshot != read.snapshot) blocks.emplace_back("snapshot");
  return blocks;
}

Reload::Reload(Host& host, config::Settings in_use, std::function<config::Loaded()> load, Board& board,
               telemetry::Telemetry& telemetry, TakeSettings on_settings)
    : host_(host),
      in_use_(std::move(in_use)),
      load_(std::move(load)),
      board_(board),
      telemetry_(telemetry),
      on_settings_(std::move(on_settings)),
      worker_(1, kMostWaiting) {}

void Reload::reload(std::move_only_function<void(api::ReloadResult)> done) {
  auto shared = std::make_shared<std::move_only_function<void(api::ReloadResult)>>(std::move(done));
  api::Workers::Task task = [this, shared] { propose(load_(), std::move(*shared)); };
  if (worker_.post(task)) return;
  api::ReloadResult result;
  result.reason = "several reloads are waiting already";
  (*shared)(std::move(result));
}

config::Diagnostics Reload::note_restart(const config::Settings& read) {
  const auto blocks = restart_blocks(in_use_, read);
  config::Diagnostics told;
  for (const std::string& block : blocks) {
    config::Diagnostic& diagnostic = told.emplace_back();
    diagnostic.level = config::Diagnostic::Level::warning;
    diagnostic.file = board_.status().configuration;
    diagnostic.message = fmt::format("\"{}\" differs from what is in use, and takes effect at the next start", block);
  }
  if (!blocks.empty()) {
    telemetry_.tell(telemetry::ReloadIncomplete{.blocks = fmt::format("{}", fmt::join(blocks, ", "))});
  }
  return told;
}

void Reload::propose(config::Loaded loaded, std::move_only_function<void(api::ReloadResult)> done) {
  const std::lock_guard lock(one_at_a_time_);
  api::ReloadResult result;
  result.diagnostics = std::move(loaded.diagnostics);
  result.bundle = host_.last_bundle();
  if (!loaded.bundle) {
    const auto is_error = [](const config::Diagnostic& d) { return d.level == config::Diagnostic::Level::error; };
    const auto first = std::ranges::find_if(result.diagnostics, is_error);
    std::string why;
    if (first != result.diagnostics.end()) {
      why = first->line == 0 ? fmt::format("{}: {}", first->file, first->message)
                             : fmt::format("{}:{}:{}: {}", first->file, first->line, first->column, first->message);
    }
    telemetry_.tell(telemetry::ReloadRefused{
        .why = std::move(why),
        .faults = static_cast<std::uint64_t>(std::ranges::count_if(result.diagnostics, is_error))});
    board_.reloaded(false);
    return done(std::move(result));
  }
  if (auto taken = on_settings_(loaded.settings); !taken) {
    telemetry_.tell(telemetry::ReloadRefused{.why = taken.error(), .faults = 1});
    board_.reloaded(false);
    result.reason = std::move(taken.error());
    return done(std::move(result));
  }
  std::ranges::move(note_restart(loaded.settings), std::back_inserter(result.diagnostics));
  // The last one in the log counts, and not the one in force: the shard may not have come to it yet.
  if (host_.last_bundle() == loaded.bundle->hash) {
    result.done = true;
    telemetry_.tell(telemetry::ReloadAccepted{.bundle = result.bundle, .changed = false});
    board_.reloaded(true);
    return done(std::move(result));
  }
  pipeline::Written written = host_.propose(std::move(loaded.recorded));
  result.done = written.position != 0;
  if (result.done) {
    result.bundle = loaded.bundle->hash;
    telemetry_.tell(telemetry::ReloadAccepted{.bundle = result.bundle, .changed = true});
  } else {
    telemetry_.tell(telemetry::ReloadRefused{.why = written.refusal, .faults = 0});
    result.reason = std::move(written.refusal);
  }
  board_.reloaded(result.done);
  done(std::move(result));
}

}  // namespace triaged::app
