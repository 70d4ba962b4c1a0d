#include "daemon/cli/demo/demo_board.hpp"

#include <algorithm>
#include <span>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "connectors/wire/document_writer.hpp"

namespace triaged::cli {

namespace {

constexpr std::string_view kReset = "\x1b[0m";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kFaint = "\x1b[2m";

std::string painted(std::string_view code, const std::string& text, bool colour) {
  return colour ? fmt::format("{}{}{}", code, text, kReset) : text;
}

std::string_view colour_of(const IncidentDocument& document) {
  if (document.state == IncidentState::resolved || document.state == IncidentState::closed) return "\x1b[32m";
  if (document.priority <= 1) return "\x1b[1;31m";
  return document.priority == 2 ? "\x1b[1;33m" : "";
}

const std::string& cause_of(const IncidentDocument& document) {
  static const std::string kUnknown = "unknown";
  if (document.root) return document.root->service;
  return document.services.empty() ? kUnknown : document.services.front();
}

std::string_view why_of(const IncidentDocument& document) {
  if (document.root) return document.root->why;
  return document.evidence.empty() ? std::string_view("its alerts name no service") : document.evidence.front().why;
}

bool is_over(const IncidentDocument& document) {
  return document.state == IncidentState::resolved || document.state == IncidentState::closed;
}

/// What became worse, or is seen otherwise; empty: nothing of importance.
std::string_view what_changed(const IncidentDocument& before, const IncidentDocument& after) {
  if (after.change != IncidentChange::updated) return to_string(after.change);
  if (after.priority < before.priority) return "escalated";
  return cause_of(before) != cause_of(after) ? "new cause" : "";
}

}  // namespace

std::string headline(std::uint64_t alerts, std::uint64_t incidents) {
  return fmt::format("{} alerts → {} incidents", alerts, incidents);
}

std::string time_of_day(Time time) {
  const std::chrono::hh_mm_ss clock(
      std::chrono::floor<std::chrono::seconds>(time - std::chrono::floor<std::chrono::days>(time)));
  return fmt::format("{:02}:{:02}:{:02}", clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::string DemoBoard::id(const IncidentKey& key) const { return wire::to_string(key, prefix_); }

void DemoBoard::take(Effects& effects) {
  for (auto& document : effects.incidents) {
    const auto known = incidents_.find(document.key);
    const auto what = known == incidents_.end() ? to_string(document.change) : what_changed(known->second, document);
    if (!what.empty()) {
      auto line = fmt::format("{}  {:<9}  {:<9}  P{}  ", time_of_day(document.updated_at), id(document.key), what,
                              document.priority);
      line += document.merged_into
                  ? fmt::format("into {}", id(*document.merged_into))
                  : fmt::format("{:>3} {:<6}  {}: {}", document.alert_count,
                                document.alert_count == 1 ? "alert" : "alerts", cause_of(document), why_of(document));
      news_.push_back(std::move(line));
    }
    const auto key = document.key;
    incidents_.insert_or_assign(key, std::move(document));
  }
}

std::vector<std::string> DemoBoard::news() { return std::exchange(news_, {}); }

std::vector<const IncidentDocument*> DemoBoard::worst_first() const {
  std::vector<const IncidentDocument*> documents;
  for (const auto& [key, document] : incidents_) {
    if (document.state != IncidentState::merged) documents.push_back(&document);
  }
  std::ranges::sort(documents, {}, [](const IncidentDocument* document) {
    return std::tuple(document->priority, is_over(*document), document->key);
  });
  return documents;
}

std::uint64_t DemoBoard::incident_count() const { return worst_first().size(); }

std::string DemoBoard::row(const IncidentDocument& document, std::size_t columns, bool colour) const {
  const auto text = fmt::format("P{}   {}  {}  {}  {}", document.priority, fit_left(id(document.key), 9),
                                fit_left(to_string(document.state), 12),
                                fit_right(std::to_string(document.alert_count), 6), document.title);
  return painted(colour_of(document), fit(text, columns), colour);
}

std::vector<std::string> DemoBoard::table(WindowSize window, bool colour) const {
  constexpr std::string_view kHeader = "PRI  INCIDENT   STATE         ALERTS  WHAT";
  const auto documents = worst_first();
  // Two lines for each where there is room, else one, else the first few.
  const bool with_why = 1 + 2 * documents.size() <= window.rows;
  auto shown = documents.size();
  if (!with_why && 1 + shown > window.rows) shown = window.rows < 2 ? 0 : window.rows - 2;
  std::vector<std::string> lines{painted(kBold, fit(kHeader, window.columns), colour)};
  for (const auto* document : std::span(documents).first(shown)) {
    lines.push_back(row(*document, window.columns, colour));
    if (!with_why) continue;
    const auto why = fmt::format("     cause: {}, {}", cause_of(*document), why_of(*document));
    lines.push_back(painted(kFaint, fit(why, window.columns), colour));
  }
  if (shown < documents.size())
    lines.push_back(fit(fmt::format("… and {} more", documents.size() - shown), window.columns));
  return lines;
}

}  // namespace triaged::cli
