// `triaged demo`: an afternoon in a small estate, played through the production engine.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "config/load.hpp"
#include "config/packs/packs.hpp"
#include "connectors/clock/clock.hpp"
#include "connectors/wire/alert_decoder.hpp"
#include "daemon/cli/command.hpp"
#include "daemon/cli/console.hpp"
#include "daemon/cli/demo/demo_board.hpp"
#include "daemon/cli/demo/demo_estate.hpp"
#include "daemon/cli/demo/live_area.hpp"
#include "daemon/cli/terminal.hpp"
#include "daemon/replay/output_file.hpp"
#include "daemon/replay/replay_log.hpp"

namespace triaged::cli {

namespace {

constexpr const char* kFooter =
    R"(A shop's database fails, and the services above it follow; meanwhile a search index breaks for a reason of its own, a
disk flaps, and some warnings mean little. Nothing is read, written or connected to: alerts, catalogue and rules (the
shipped pack `default`) are in the binary. On a terminal it plays for some seconds; elsewhere it prints a line for each
change of importance, at once.

Examples:
  triaged demo
  triaged demo --seed 7 --speed 60)";

constexpr std::string_view kNext = "Your own alerts:  triaged replay --alerts FILE --final";

struct DemoOptions {
  std::uint64_t seed = 1;
  std::int64_t speed = 240;
};

/// The show: alerts in, board out. One object a run.
class Demo {
 public:
  Demo(std::shared_ptr<const Bundle> bundle, std::uint64_t seed)
      : board_(bundle->settings.incident_prefix), engine_(std::move(bundle)), log_(engine_, board_) {
    wire::AlertDecoder decoder;
    std::uint64_t line = 0;
    for (const auto& alert : demo_alerts(seed)) decoder.decode(alert, ++line, alerts_);
  }

  /// Plays what arrived until then.
  void play_until(Time time) {
    const auto first = next_;
    while (next_ < alerts_.entries.size() && alerts_.entries[next_].received_at <= time) ++next_;
    log_.apply(alerts_, first, next_);
    log_.tick(time);
  }
  void play_rest() {
    log_.apply(alerts_, next_, alerts_.entries.size());
    next_ = alerts_.entries.size();
    log_.end();
  }

  [[nodiscard]] DemoBoard& board() { return board_; }
  [[nodiscard]] std::string headline() const { return cli::headline(next_, board_.incident_count()); }
  /// As many lines as fit: what this is, the counters, the table.
  [[nodiscard]] std::vector<std::string> screen(WindowSize window, bool colour) const;

 private:
  wire::AlertBatch alerts_;
  std::size_t next_ = 0;
  DemoBoard board_;
  Engine engine_;
  replay::ReplayLog log_;
};

std::vector<std::string> Demo::screen(WindowSize window, bool colour) const {
  const auto counts = engine_.counts();
  const auto clock = std::max(engine_.clock(), kDemoStart);
  std::vector<std::string> lines{
      fit("An afternoon in a shop of 23 services: what its operators see.", window.columns),
      fit(fmt::format("{}  {}  ({} repeats)", time_of_day(clock), headline(), counts.repeated), window.columns), ""};
  const auto room = window.rows - std::min(window.rows, lines.size());
  for (auto& line : board_.table({window.columns, room}, colour)) lines.push_back(std::move(line));
  lines.resize(std::min(lines.size(), window.rows));
  return lines;
}

ExitCode play_on_terminal(Demo& demo, const DemoOptions& options) {
  constexpr Duration kFrame{50};
  const bool colour = wants_colour(STDOUT_FILENO);
  LiveArea area(STDOUT_FILENO);
  const clock::Stopwatch stopwatch;
  const auto draw = [&] {
    // The last column and the last lines stay free: for the cursor, and for what is said at the end.
    constexpr std::size_t kLinesBelow = 3;
    auto window = window_size(STDOUT_FILENO);
    window.rows -= std::min(window.rows, kLinesBelow);
    window.columns -= 1;
    area.draw(demo.screen(window, colour));
  };
  if (options.speed > 0) {
    for (;;) {
      const auto played = stopwatch.elapsed() * options.speed;
      if (played >= kDemoLength || area.lost()) break;
      demo.play_until(kDemoStart + played);
      draw();
      clock::pause(kFrame);
    }
  }
  demo.play_rest();
  draw();
  return print_data(fmt::format("\n{}\n{}\n", kNext, demo.headline()));
}

ExitCode play_as_lines(Demo& demo) {
  demo.play_rest();
  std::string text = "An afternoon in a shop of 23 services: each change of importance.\n\n";
  for (const auto& line : demo.board().news()) text += line + "\n";
  text += "\nAll of it, and why:\n\n";
  for (const auto& line : demo.board().table({SIZE_MAX, SIZE_MAX}, false)) text += line + "\n";
  return print_data(text + fmt::format("\n{}\n{}\n", kNext, demo.headline()));
}

ExitCode run_demo(const DemoOptions& options) {
  std::vector<config::NamedText> rules;
  for (const auto& file : config::pack_files("default"))
    rules.push_back({std::string(file.name), std::string(file.text)});
  auto loaded = config::load_texts(rules, {{"demo/catalogue.yaml", std::string(demo_catalogue())}});
  if (!loaded.bundle) {
    print_diagnostics(loaded.diagnostics);
    return ExitCode::internal;
  }
  Demo demo(std::move(loaded.bundle), options.seed);
  return is_terminal(STDOUT_FILENO) ? play_on_terminal(demo, options) : play_as_lines(demo);
}

}  // namespace

Command add_demo(CLI::App& app) {
  auto* command = app.add_subcommand("demo", "Play an outage in a small estate: many alerts, few incidents, and why");
  command->group("Commands");
  command->set_help_flag("-h,--help", "Say what there is, and stop");
  command->footer(kFooter);
  auto options = std::make_shared<DemoOptions>();
  command->add_option("--seed", options->seed, "Another afternoon of the same kind (default 1)")->type_name("N");
  command
      ->add_option("--speed", options->speed,
                   "On a terminal, seconds played in one second (default 240); 0: no waiting")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1'000'000}).description(""));
  return {command, [options] { return run_demo(*options); }};
}

}  // namespace triaged::cli
