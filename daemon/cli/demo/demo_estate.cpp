#include "daemon/cli/demo/demo_estate.hpp"

#include <algorithm>
#include <optional>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "connectors/wire/rfc3339.hpp"

namespace triaged::cli {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view kCatalogue = R"(# A shop, from what its customers see down to what it stands on.
services:
  - {name: storefront, tier: edge, owner: team-web, customers: [shoppers], depends_on: [checkout, cart, product-pages, search, accounts]}
  - {name: mobile-gateway, tier: edge, owner: team-mobile, customers: [shoppers], depends_on: [checkout, cart, search, accounts]}
  - {name: checkout, tier: api, owner: team-buy, depends_on: [orders, payments, pricing]}
  - {name: cart, tier: api, owner: team-buy, depends_on: [pricing, session-cache]}
  - {name: product-pages, tier: api, owner: team-find, depends_on: [inventory, pricing, reviews, recommendations]}
  - {name: search, tier: api, owner: team-find, depends_on: [search-index]}
  - {name: accounts, tier: api, owner: team-web, depends_on: [accounts-db, session-cache]}
  - {name: recommendations, tier: api, owner: team-find, depends_on: [object-store]}
  - {name: reviews, tier: api, owner: team-find, depends_on: [object-store]}
  - {name: orders, tier: core, owner: team-buy, depends_on: [orders-db, message-queue]}
  - {name: payments, tier: core, owner: team-buy, supplier: cardwise, depends_on: [orders-db]}
  - {name: inventory, tier: core, owner: team-stock, depends_on: [stock-db]}
  - {name: pricing, tier: core, owner: team-stock, depends_on: [stock-db]}
  - {name: shipping, tier: core, owner: team-stock, supplier: parcelo, depends_on: [orders, message-queue]}
  - {name: notifications, tier: core, owner: team-web, depends_on: [message-queue]}
  - {name: orders-db, tier: data, owner: team-data, depends_on: [block-storage]}
  - {name: stock-db, tier: data, owner: team-data, depends_on: [block-storage]}
  - {name: accounts-db, tier: data, owner: team-data, depends_on: [block-storage]}
  - {name: search-index, tier: data, owner: team-data, depends_on: [object-store]}
  - {name: session-cache, tier: data, owner: team-data}
  - {name: message-queue, tier: data, owner: team-data, depends_on: [block-storage]}
  - {name: block-storage, tier: infra, owner: team-platform}
  - {name: object-store, tier: infra, owner: team-platform}
)";

/// Alerts that one service raises, one for each of some instances.
struct Symptom {
  const char* service;
  const char* alertname;
  const char* severity;
  int instances;
  seconds begin;   // after the start of the demo
  seconds spread;  // the instances notice within so long of each other
  seconds end;
};

constexpr Symptom kSymptoms[] = {
    // The database for orders goes down, and all that needs it follows.
    {"orders-db", "DatabaseDown", "critical", 2, seconds(360), seconds(5), seconds(990)},
    {"orders", "HighErrorRate", "major", 4, seconds(372), seconds(12), seconds(1010)},
    {"orders", "QueueBacklog", "minor", 2, seconds(385), seconds(15), seconds(1050)},
    {"payments", "HighErrorRate", "major", 3, seconds(370), seconds(14), seconds(1005)},
    {"payments", "HighLatency", "minor", 3, seconds(378), seconds(10), seconds(1010)},
    {"checkout", "HighErrorRate", "major", 4, seconds(384), seconds(16), seconds(1015)},
    {"checkout", "HighLatency", "minor", 3, seconds(380), seconds(18), seconds(1020)},
    {"shipping", "QueueBacklog", "minor", 2, seconds(392), seconds(15), seconds(1060)},
    {"storefront", "HighErrorRate", "major", 4, seconds(396), seconds(20), seconds(1020)},
    {"storefront", "HealthCheckFailed", "major", 3, seconds(404), seconds(20), seconds(1020)},
    {"mobile-gateway", "HighErrorRate", "major", 3, seconds(398), seconds(20), seconds(1025)},
    {"mobile-gateway", "HighLatency", "minor", 3, seconds(402), seconds(15), seconds(1025)},
    // Meanwhile, and for a reason of its own, search.
    {"search-index", "ClusterRed", "critical", 1, seconds(700), seconds(1), seconds(1080)},
    {"search", "HighErrorRate", "major", 3, seconds(712), seconds(12), seconds(1095)},
    {"search", "HighLatency", "minor", 3, seconds(708), seconds(15), seconds(1100)},
    // What always goes on.
    {"recommendations", "CpuHigh", "warning", 1, seconds(100), seconds(20), seconds(300)},
    {"accounts-db", "ConnectionsHigh", "warning", 1, seconds(1130), seconds(20), seconds(1300)},
    {"pricing", "PodRestarted", "info", 1, seconds(560), seconds(30), seconds(640)},
    {"storefront", "CertificateExpiresSoon", "info", 2, seconds(45), seconds(10), seconds(1'000'000)},
};

/// A seeded generator whose numbers are the same with every standard library.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  Duration up_to(Duration most) {
    return Duration(static_cast<Duration::rep>(engine_() % (static_cast<std::uint64_t>(most.count()) + 1)));
  }

 private:
  std::mt19937_64 engine_;
};

struct Send {
  Time at;
  std::size_t number;  // of those that are sent at one time, the lower goes first
  std::string text;    // the alert, up to receivedAt
};

class Afternoon {
 public:
  explicit Afternoon(std::uint64_t seed) : dice_(seed) {}

  void play(const Symptom& symptom) {
    for (int instance = 1; instance <= symptom.instances; ++instance) {
      fire(symptom, instance, kDemoStart + symptom.begin + dice_.up_to(symptom.spread),
           kDemoStart + symptom.end + dice_.up_to(seconds(20)));
    }
  }

  /// On and off again, many times.
  void flap(const Symptom& symptom, int times) {
    auto begin = kDemoStart + Duration(symptom.begin);
    for (int time = 0; time < times; ++time) {
      const auto end = begin + seconds(20) + dice_.up_to(seconds(20));
      fire(symptom, 1, begin, end);
      begin = end + seconds(25) + dice_.up_to(seconds(20));
    }
  }

  std::vector<std::string> alerts() && {
    std::ranges::sort(sends_, {}, [](const Send& send) { return std::pair(send.at, send.number); });
    std::vector<std::string> lines;
    for (auto& send : sends_) {
      send.text += R"(,"receivedAt":")";
      wire::append_time(send.text, send.at);
      send.text += "\"}";
      lines.push_back(std::move(send.text));
    }
    return lines;
  }

 private:
  void fire(const Symptom& symptom, int instance, Time begin, Time end) {
    constexpr Duration kResend = minutes(1);
    for (int server = 0; server < 2; ++server) {
      for (auto at = begin + dice_.up_to(seconds(8)); at < std::min(end, kDemoStart + kDemoLength); at += kResend) {
        send(symptom, instance, begin, std::nullopt, at + dice_.up_to(seconds(1)));
      }
      if (end < kDemoStart + kDemoLength) send(symptom, instance, begin, end, end + dice_.up_to(seconds(4)));
    }
  }

  void send(const Symptom& symptom, int instance, Time begin, std::optional<Time> end, Time at) {
    auto text = fmt::format(
        R"({{"labels":{{"alertname":"{0}","service":"{1}","instance":"{1}-{2}:9100","severity":"{3}","env":"prod"}})"
        R"(,"annotations":{{"summary":"{0} on {1}-{2}"}},"startsAt":")",
        symptom.alertname, symptom.service, instance, symptom.severity);
    wire::append_time(text, begin);
    if (end) {
      text += R"(","endsAt":")";
      wire::append_time(text, *end);
    }
    text += '"';
    if (at < kDemoStart + kDemoLength) sends_.push_back({at, sends_.size(), std::move(text)});
  }

  Dice dice_;
  std::vector<Send> sends_;
};

}  // namespace

std::string_view demo_catalogue() { return kCatalogue; }

std::vector<std::string> demo_alerts(std::uint64_t seed) {
  Afternoon afternoon(seed);
  for (const auto& symptom : kSymptoms) afternoon.play(symptom);
  afternoon.flap({"notifications", "DiskFillingUp", "warning", 1, seconds(150), seconds(0), seconds(0)}, 9);
  return std::move(afternoon).alerts();
}

}  // namespace triaged::cli
