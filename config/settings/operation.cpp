#include "config/settings/operation.hpp"

#include <set>

#include "config/reading/environment.hpp"
#include "config/reading/options.hpp"
#include "config/reading/size.hpp"

namespace triaged::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using yaml::Faults;
using yaml::Node;

constexpr DurationBounds kKept{Duration{0}, hours(24 * 365 * 10)};
constexpr SizeBounds kJournal{std::uint64_t{1} << 20U, std::uint64_t{1} << 50U};

void read_topics(const Node& node, Faults& faults, PublishSettings& publish) {
  static const std::vector<std::string> kTopics = {"incidents", "alerts", "audit", "silences", "rejected"};
  publish.topics = read_texts(node, faults, "topics");
  if (!node.is(Node::Kind::sequence)) return;
  if (node.children.empty()) faults.error(node.at, "this list is empty; without \"topics\" it is [incidents]");
  for (const Node& entry : node.children) {
    if (!entry.is(Node::Kind::scalar) || entry.text.empty()) continue;
    if (std::find(kTopics.begin(), kTopics.end(), entry.text) == kTopics.end()) {
      faults.error(entry.at, unknown("topic", entry.text, kTopics));
    }
  }
}

}  // namespace

void read_publish(const Node& node, Faults& faults, std::vector<PublishSettings>& publish) {
  static const Options<PublishSettings> kOptions(
      "a publisher", {
                         required(expanded_option("file", &PublishSettings::file,
                                                  "Gets one document a line; \"-\" is standard output.")),
                         {"topics", "list of topics", "", "What it gets; without it, incidents.", read_topics},
                     });
  const auto* entries = read_list(node, faults, "publishers");
  if (entries == nullptr) return;
  std::set<std::string, std::less<>> files;
  for (const Node& entry : *entries) {
    PublishSettings publisher;
    if (!kOptions.read(entry, faults, publisher)) continue;
    const Node* file = find(entry, "file");
    if (file != nullptr && !publisher.file.empty() && !files.insert(publisher.file).second) {
      faults.error(file->at, fmt::format("\"{}\" is written by another publisher already", publisher.file));
    }
    publish.push_back(std::move(publisher));
  }
}

void read_retention(const Node& node, Faults& faults, RetentionSettings& retention) {
  using R = RetentionSettings;
  static const Options<R> kOptions(
      "\"retention\"",
      {
          duration_option("journal", &R::journal_age, kKept, "Inputs and cuts, for replay and diff; 0: without end."),
          size_option("journal_size", &R::journal_bytes, kJournal, "The oldest go first; 0: without end.", true),
          duration_option("history", &R::history_age, kKept, "Incidents that are closed; 0: without end."),
          duration_option("rejected", &R::rejected_age, kKept, "What could not be used; 0: without end."),
          size_option("rejected_size", &R::rejected_bytes, kJournal, "The oldest go first; 0: without end.", true),
      });
  kOptions.read(node, faults, retention);
}

void read_snapshot(const Node& node, Faults& faults, SnapshotSettings& snapshot) {
  using S = SnapshotSettings;
  static const Options<S> kOptions(
      "\"snapshot\"",
      {
          integer_option("max_tail", &S::max_tail, {1, 1'000'000'000}, "A snapshot is due after so many alerts."),
          duration_option("interval", &S::interval, {milliseconds(100), hours(24)}, "A snapshot is due after it."),
      });
  kOptions.read(node, faults, snapshot);
}

void read_logging(const Node& node, Faults& faults, LogSettings& logging) {
  using L = LogSettings;
  static const Options<L> kOptions(
      "\"logging\"", {
                         choice_option("format", &L::format, "format",
                                       {{"logfmt", L::Format::logfmt}, {"json", L::Format::json}}, "Of each line."),
                         choice_option("level", &L::level, "level",
                                       {{"debug", L::Level::debug},
                                        {"info", L::Level::info},
                                        {"warn", L::Level::warn},
                                        {"error", L::Level::error}},
                                       "What is below it is left out."),
                     });
  kOptions.read(node, faults, logging);
}

}  // namespace triaged::config
