#include "daemon/app/reload.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "daemon/pipeline/crash_point.hpp"

namespace triaged::app {
namespace {

constexpr std::size_t kMostWaiting = 4;

}  // namespace

Reload::Reload(std::function<config::Loaded()> load, pipeline::LogThread& log, Board& board,
               telemetry::Telemetry& telemetry, std::function<void(const config::Settings&)> on_settings)
    : load_(std::move(load)),
      log_(log),
      board_(board),
      telemetry_(telemetry),
      on_settings_(std::move(on_settings)),
      worker_(1, kMostWaiting) {}

void Reload::reload(std::move_only_function<void(api::ReloadResult)> done) {
  api::Workers::Task task = [this, done = std::move(done)]() mutable { propose(load_(), std::move(done)); };
  if (!worker_.post(task)) task();
}

void Reload::propose(config::Loaded loaded, std::move_only_function<void(api::ReloadResult)> done) {
  api::ReloadResult result;
  result.diagnostics = std::move(loaded.diagnostics);
  const auto current = board_.bundle();
  result.bundle = current ? current->hash : std::string();
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
  on_settings_(loaded.settings);
  if (current && current->hash == loaded.bundle->hash) {
    result.done = true;
    telemetry_.tell(telemetry::ReloadAccepted{.bundle = result.bundle, .changed = false});
    board_.reloaded(true);
    return done(std::move(result));
  }
  pipeline::crash_point("reload-begin");
  log::Delivery delivery{.kind = log::RecordKind::bundle,
                         .source = {},
                         .payload = std::move(loaded.recorded),
                         .log_time = {},
                         .skips = 0,
                         .resume = {}};
  log_.submit(std::move(delivery), nullptr,
              [this, hash = loaded.bundle->hash, result = std::move(result),
               done = std::move(done)](const pipeline::Written& written) mutable {
                pipeline::crash_point("reload-journalled");
                result.done = written.position != 0;
                if (result.done) {
                  result.bundle = hash;
                  telemetry_.tell(telemetry::ReloadAccepted{.bundle = hash, .changed = true});
                } else {
                  result.reason = written.refusal;
                  telemetry_.tell(telemetry::ReloadRefused{.why = written.refusal, .faults = 0});
                }
                board_.reloaded(result.done);
                done(std::move(result));
              });
}

}  // namespace triaged::app
