// What the engine has said so far in `triaged demo`, and how it looks.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "daemon/cli/terminal.hpp"
#include "daemon/replay/replay_log.hpp"
#include "rules/engine/engine.hpp"

namespace triaged::cli {

/// Keeps the last document of each incident. Not thread-safe.
class DemoBoard final : public replay::EffectSink {
 public:
  explicit DemoBoard(std::string prefix) : prefix_(std::move(prefix)) {}

  void take(Effects& effects) override;

  /// One line for each published change of importance since the last call: what opened, ended or became worse, and
  /// another cause; not every alert that joins.
  [[nodiscard]] std::vector<std::string> news();

  /// Incidents, those that were merged into another left out.
  [[nodiscard]] std::uint64_t incident_count() const;

  /// A table of them, the worst first, each with its cause and why, in at most `window.rows` lines of at most
  /// `window.columns`. Lines hold escape codes only with `colour`.
  [[nodiscard]] std::vector<std::string> table(WindowSize window, bool colour) const;

 private:
  [[nodiscard]] std::vector<const IncidentDocument*> worst_first() const;
  [[nodiscard]] std::string row(const IncidentDocument& document, std::size_t columns, bool colour) const;
  [[nodiscard]] std::string id(const IncidentKey& key) const;

  std::string prefix_;
  std::map<IncidentKey, IncidentDocument> incidents_;
  std::vector<std::string> news_;
};

/// `1040 alerts → 6 incidents`
[[nodiscard]] std::string headline(std::uint64_t alerts, std::uint64_t incidents);

/// 14:07:32
[[nodiscard]] std::string time_of_day(Time time);

}  // namespace triaged::cli
