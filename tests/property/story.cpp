#include "tests/property/story.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <ostream>
#include <string>
#include <tuple>

#include "connectors/wire/document_writer.hpp"
#include "tests/support/labels.hpp"

namespace triaged::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Time kBegin{Duration{1'772'445'600'000}};  // 2026-03-02T10:00:00Z
constexpr std::array kSeverities{"info", "warning", "minor", "major", "critical"};
constexpr std::array kTiers{"edge", "api", "api", "core", "core", "data", "data"};
static_assert(kTiers.size() == kServices);

rc::Gen<Firing> firings() {
  namespace gen = rc::gen;
  return gen::build<Firing>(
      gen::set(&Firing::service, gen::inRange(0, kServices + 2)), gen::set(&Firing::name, gen::inRange(0, 3)),
      gen::set(&Firing::instance, gen::inRange(0, 3)), gen::set(&Firing::severity, gen::inRange(0, 5)),
      gen::set(&Firing::start, gen::inRange(0, kStoryLength)),
      gen::set(&Firing::duration, gen::weightedOneOf<int>({{3, gen::inRange(1, 400)}, {1, gen::just(0)}})),
      gen::set(&Firing::delay, gen::inRange(0, kLongestDelay + 1)), gen::set(&Firing::resends, gen::inRange(0, 3)));
}

rc::Gen<Order> orders() {
  namespace gen = rc::gen;
  return gen::build<Order>(gen::set(&Order::what, gen::inRange(0, 12)),
                           gen::set(&Order::at, gen::inRange(0, kStoryLength)),
                           gen::set(&Order::incident, gen::inRange(1, 7)), gen::set(&Order::other, gen::inRange(1, 7)),
                           gen::set(&Order::service, gen::inRange(0, kServices + 1)),
                           gen::set(&Order::length, gen::inRange(1, 600)), gen::set(&Order::key, gen::inRange(0, 4)));
}

rc::Gen<Story> stories(rc::Gen<bool> timeouts, rc::Gen<bool> settles, rc::Gen<std::vector<Order>> asked) {
  namespace gen = rc::gen;
  const auto dependency =
      gen::map(gen::pair(gen::inRange(0, kServices), gen::inRange(0, kServices)), [](std::pair<int, int> pair) {
        return std::pair(std::min(pair.first, pair.second), std::max(pair.first, pair.second));
      });
  return gen::build<Story>(gen::set(&Story::rules, gen::element(RuleSet::labels, RuleSet::labels_in_time,
                                                                RuleSet::topology, RuleSet::topology_then_labels)),
                           gen::set(&Story::dedup_severity), gen::set(&Story::hold, gen::element(0, 30, 60)),
                           gen::set(&Story::timeouts, std::move(timeouts)),
                           gen::set(&Story::settles, std::move(settles)),
                           gen::set(&Story::dependencies, gen::container<std::vector<std::pair<int, int>>>(dependency)),
                           gen::set(&Story::firings, gen::container<std::vector<Firing>>(firings())),
                           gen::set(&Story::orders, std::move(asked)));
}

Matchers matchers(std::initializer_list<const char*> texts) {
  Matchers result;
  for (const auto* text : texts) result.push_back(Matcher::parse(text).value());
  return result;
}

std::string service_name(int service) {
  if (service > kServices) return "";
  return service == kServices ? "unknown" : "service-" + std::to_string(service);
}

Labels labels_of(const Firing& firing) {
  const auto service = service_name(firing.service);
  return labels({{"alertname", "Alert" + std::to_string(firing.name)},
                 {"instance", "i" + std::to_string(firing.instance)},
                 {"service", service},
                 {"severity", kSeverities[static_cast<std::size_t>(firing.severity)]}});
}

CorrelationRule by_labels(const Story& story) {
  CorrelationRule rule;
  rule.name = "by-service";
  rule.origin = {"rules.yaml", 10};
  rule.by =
      ByLabels{.labels = {"service"},
               .join = story.rules == RuleSet::labels_in_time ? ByLabels::Join::timespan : ByLabels::Join::while_open};
  rule.hold = seconds(story.hold);
  rule.opening_matchers = matchers({R"(severity!="info")"});
  return rule;
}

CorrelationRule by_topology(const Story& story) {
  CorrelationRule rule;
  rule.name = "by-topology";
  rule.origin = {"rules.yaml", 2};
  rule.by = ByTopology{};
  rule.hold = seconds(story.hold);
  rule.opening_matchers = matchers({R"(severity!="info")"});
  if (story.rules == RuleSet::topology_then_labels) rule.otherwise = CorrelationRule::Otherwise::next;
  return rule;
}

void add_delivery(InputLog& log, const Firing& firing, int after, bool resolve) {
  LoggedAlert alert;
  alert.labels = labels_of(firing);
  alert.starts_at = kBegin + seconds(firing.start);
  if (resolve) alert.ends_at = *alert.starts_at + seconds(firing.duration);
  log.push_back({*alert.starts_at + seconds(after + firing.delay), std::move(alert)});
}

Command command_of(const Order& order, const Story& story, std::size_t place) {
  const IncidentKey other{0, static_cast<std::uint64_t>(order.other)};
  Command command;
  command.key = order.key == 0 ? "own-" + std::to_string(place) : "key-" + std::to_string(order.key);
  command.actor = "anna";
  command.incident = IncidentKey{0, static_cast<std::uint64_t>(order.incident)};
  const Time at = kBegin + seconds(order.at);
  Suppress suppress;
  suppress.suppression = {.kind = order.other % 2 == 0 ? Suppression::Kind::silence : Suppression::Kind::maintenance,
                          .matchers = {"service=\"" + service_name(order.service) + "\""},
                          .starts_at = at + seconds(10 * (order.incident % 3)),
                          .ends_at = at + seconds(30 + order.length),
                          .comment = {}};
  if (order.service == kServices) suppress.suppression.matchers = {R"(severity=~"warning|major")"};
  const auto number = std::to_string(order.other);
  switch (order.what) {
    case 0: command.what = Acknowledge{}; break;
    case 1: command.what = Assign{.assignee = "bert", .team = order.other % 2 == 0 ? "" : "dba"}; break;
    case 2: command.what = Resolve{}; break;
    case 3: command.what = Reopen{}; break;
    case 4: command.what = Close{}; break;
    case 5:
    case 6: command.what = Merge{.into = other}; break;
    case 7: {
      Split split;
      for (std::size_t i = 0; i < story.firings.size(); ++i) {
        if (i % 3 != static_cast<std::size_t>(order.other % 3)) continue;
        split.alerts.push_back(fingerprint(labels_of(story.firings[i])));
        if (order.service % 2 == 0) break;
      }
      command.what = split;
      break;
    }
    case 8: command.what = Expire{.id = "MW-0-" + number}; break;
    case 9:
      suppress.replaces = (order.other % 2 == 0 ? "SIL-0-" : "MW-0-") + std::to_string(order.incident);
      [[fallthrough]];
    default: command.what = suppress; break;
  }
  return command;
}

}  // namespace

rc::Gen<Story> stories() {
  return stories(rc::gen::arbitrary<bool>(), rc::gen::arbitrary<bool>(),
                 rc::gen::container<std::vector<Order>>(orders()));
}
rc::Gen<Story> stories_in_event_time() {
  return stories(rc::gen::just(false), rc::gen::just(true), rc::gen::just(std::vector<Order>{}));
}

std::shared_ptr<const Bundle> bundle_of(const Story& story) {
  auto bundle = std::make_shared<Bundle>();
  bundle->hash = "story";
  if (!story.timeouts) bundle->settings.resolve_timeout = hours(24);
  bundle->sources.push_back({.name = "story"});
  if (story.dedup_severity) {
    bundle->dedup.push_back({.name = "severity", .origin = {"rules.yaml", 1}, .matchers = {}, .ignore = {"severity"}});
  }
  if (story.rules == RuleSet::topology || story.rules == RuleSet::topology_then_labels) {
    bundle->correlate.push_back(by_topology(story));
  }
  if (story.rules != RuleSet::topology) bundle->correlate.push_back(by_labels(story));
  for (int i = 0; i < kServices; ++i) {
    Service service;
    service.name = service_name(i);
    service.tier = kTiers[static_cast<std::size_t>(i)];
    for (const auto& [from, to] : story.dependencies) {
      if (from == i && to != i) service.depends_on.push_back({.of = {ServiceId{static_cast<std::uint32_t>(to)}}});
    }
    bundle->catalogue.services.push_back(std::move(service));
  }
  return bundle;
}

InputLog log_of(const Story& story) {
  auto firings = story.firings;
  std::stable_sort(firings.begin(), firings.end(), [](const Firing& a, const Firing& b) { return a.start < b.start; });
  std::map<std::string, int> busy_until;
  InputLog log;
  for (const auto& firing : firings) {
    auto& busy = busy_until.try_emplace(std::string(labels_of(firing).bytes()), -1).first->second;
    if (firing.start <= busy) continue;
    busy = firing.duration == 0 ? kStoryLength : firing.start + firing.duration;
    for (int i = 0; i <= firing.resends; ++i) {
      constexpr int kResendEvery = 40;
      if (firing.duration == 0 || i * kResendEvery < firing.duration)
        add_delivery(log, firing, i * kResendEvery, false);
    }
    if (firing.duration > 0) add_delivery(log, firing, firing.duration, true);
  }
  for (std::size_t i = 0; i < story.orders.size(); ++i) {
    log.push_back({kBegin + seconds(story.orders[i].at), command_of(story.orders[i], story, i)});
  }
  std::stable_sort(log.begin(), log.end(),
                   [](const LoggedInput& a, const LoggedInput& b) { return a.log_time < b.log_time; });
  if (story.settles) {
    LoggedAlert last;
    last.labels = labels({{"alertname", "Watchdog"}, {"severity", "none"}});
    last.starts_at = kBegin + seconds(kStoryLength) + hours(2);
    log.push_back({*last.starts_at, std::move(last)});
  }
  return log;
}

std::ostream& operator<<(std::ostream& out, const Story& story) {
  static constexpr std::array kRules{"labels", "labels_in_time", "topology", "topology_then_labels"};
  out << "rules " << kRules[static_cast<std::size_t>(story.rules)] << ", hold " << story.hold << " s"
      << (story.dedup_severity ? ", severity ignored" : "") << (story.timeouts ? ", timeouts" : "")
      << "\ndependencies:";
  for (const auto& [from, to] : story.dependencies) out << ' ' << from << "->" << to;
  out << '\n';
  for (const auto& input : log_of(story)) {
    std::string line = "at ";
    wire::append_time(line, input.log_time);
    if (const auto* command = std::get_if<Command>(&input.value)) {
      wire::append_command(line += " ", *command, "INC");
      out << line << '\n';
      continue;
    }
    const auto& alert = std::get<LoggedAlert>(input.value);
    for (const auto& [name, value] : alert.labels) line.append(" ").append(name).append("=").append(value);
    line += ", from ";
    wire::append_time(line, *alert.starts_at);
    if (alert.ends_at) wire::append_time(line += " to ", *alert.ends_at);
    out << line << '\n';
  }
  return out;
}

}  // namespace triaged::test
