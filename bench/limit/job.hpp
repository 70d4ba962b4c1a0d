// The yardstick: the job that the engine benchmark does, as the smallest program that does it. It checks nothing,
// keeps no labels, explains nothing, and can't be restarted: what a machine can do at most.
//
// Per alert: fingerprint the label set; count a repeat of an active alert; drop a late copy of what is over; group
// active alerts by (service, region) into an incident that opens with its first alert, keeps the highest severity and
// the number of distinct alerts, and resolves when none is active. One JSON record for each open, update and resolve.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string_view>

#include <boost/unordered/unordered_flat_map.hpp>
#include <simdjson.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace limit {

struct AlertState {
  std::int64_t starts = 0;
  std::uint32_t incident = 0;
  std::uint32_t repeats = 0;
  bool active = false;
};

struct Incident {
  std::uint32_t active = 0;
  std::uint32_t total = 0;
  std::uint32_t id = 0;
  std::uint8_t severity = 0;
};

struct Counts {
  std::uint64_t alerts = 0;
  std::uint64_t repeats = 0;
  std::uint64_t stale = 0;
  std::uint64_t opens = 0;
  std::uint64_t updates = 0;
  std::uint64_t resolves = 0;
  std::uint64_t bytes = 0;
};

struct IdHash {
  using is_avalanching = void;
  std::size_t operator()(std::uint64_t value) const noexcept { return value; }
};

inline std::uint8_t severity(std::string_view text) {
  if (text == "critical") return 5;
  if (text == "major") return 4;
  if (text == "minor") return 3;
  if (text == "warning") return 2;
  return 1;
}

/// "2026-03-02T00:00:01.656Z" → milliseconds since 1970.
inline std::int64_t stamp(std::string_view text) {
  if (text.size() < 20) return 0;
  const auto digit = [&](std::size_t at) { return text[at] - '0'; };
  int year = digit(0) * 1000 + digit(1) * 100 + digit(2) * 10 + digit(3);
  const int month = digit(5) * 10 + digit(6);
  const int day = digit(8) * 10 + digit(9);
  year -= month <= 2;
  const int era = year / 400;
  const int year_of_era = year - era * 400;
  const int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t days =
      era * 146097LL + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
  const std::int64_t hours = days * 24 + digit(11) * 10 + digit(12);
  const std::int64_t minutes = hours * 60 + digit(14) * 10 + digit(15);
  const std::int64_t seconds = minutes * 60 + digit(17) * 10 + digit(18);
  return seconds * 1000 + (text.size() >= 24 ? digit(20) * 100 + digit(21) * 10 + digit(22) : 0);
}

inline std::uint64_t hash(std::string_view first, std::string_view second) {
  return XXH3_64bits_withSeed(second.data(), second.size(), XXH3_64bits(first.data(), first.size()));
}

/// `Emit` is called with each JSON record.
template <class Emit>
class Job {
 public:
  explicit Job(Emit emit) : emit_(emit) {}

  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] std::size_t distinct() const { return alerts_.size(); }

  /// SIMDJSON_PADDING bytes behind `line` must be readable.
  void feed(std::string_view line) {
    namespace od = simdjson::ondemand;
    auto document = parser_.iterate(line.data(), line.size(), line.size() + simdjson::SIMDJSON_PADDING);
    od::object body;
    if (document.get_object().get(body) != simdjson::SUCCESS) return;
    Alert alert;
    for (auto field : body) {
      const std::string_view name = field.unescaped_key().value_unsafe();
      if (name == "labels") {
        read_labels(field.value().get_object(), alert);
      } else if (name == "startsAt") {
        alert.starts = field.value().get_string().value_unsafe();
      } else if (name == "endsAt") {
        alert.ends = field.value().get_string().value_unsafe();
      }
    }
    take(alert);
  }

 private:
  struct Alert {
    std::uint64_t fingerprint = 0;  // the sum of its pairs' hashes, so their order does not matter
    std::string_view service;
    std::string_view region;
    std::string_view level;
    std::string_view starts;
    std::string_view ends;
  };

  template <class Object>
  static void read_labels(Object labels, Alert& alert) {
    for (auto label : labels) {
      const std::string_view name = label.unescaped_key().value_unsafe();
      const std::string_view value = label.value().get_string().value_unsafe();
      alert.fingerprint += hash(name, value);
      if (name == "service") {
        alert.service = value;
      } else if (name == "region") {
        alert.region = value;
      } else if (name == "severity") {
        alert.level = value;
      }
    }
  }

  void take(const Alert& alert) {
    ++counts_.alerts;
    const std::int64_t at = stamp(alert.starts);
    const bool firing = alert.ends.starts_with("0001");
    AlertState& known = alerts_[alert.fingerprint];
    if (at < known.starts || (at == known.starts && !known.active)) {
      ++counts_.stale;
      return;
    }
    known.starts = at;
    if (firing && known.active) {
      ++known.repeats;
      ++counts_.repeats;
    } else if (firing) {
      fire(alert, known);
    } else if (known.active) {
      resolve(alert, known);
    } else {
      ++counts_.stale;  // resolved before it was seen to fire
    }
  }

  void fire(const Alert& alert, AlertState& known) {
    known.active = true;
    Incident& incident = incidents_[hash(alert.region, alert.service)];
    const std::uint8_t level = severity(alert.level);
    const bool opens = incident.active == 0;
    if (opens) {
      incident = Incident{};
      incident.id = ++last_id_;
    }
    ++incident.active;
    const bool fresh = known.incident != incident.id;
    if (fresh) {
      ++incident.total;
      known.incident = incident.id;
    }
    const bool rises = level > incident.severity;
    if (rises) incident.severity = level;
    if (opens) {
      ++counts_.opens;
      record("opened", incident, alert, alert.starts);
    } else if (fresh || rises) {
      ++counts_.updates;
      record("updated", incident, alert, alert.starts);
    }
  }

  void resolve(const Alert& alert, AlertState& known) {
    known.active = false;
    const auto found = incidents_.find(hash(alert.region, alert.service));
    if (--found->second.active > 0) return;
    ++counts_.resolves;
    record("resolved", found->second, alert, alert.ends);
    incidents_.erase(found);
  }

  void record(const char* change, const Incident& incident, const Alert& alert, std::string_view at) {
    const int size = std::snprintf(
        out_, sizeof out_,
        R"({"incident":%u,"change":"%s","service":"%.*s","region":"%.*s","severity":%u,"alerts":%u,"active":%u,"at":"%.*s"})",
        incident.id, change, static_cast<int>(alert.service.size()), alert.service.data(),
        static_cast<int>(alert.region.size()), alert.region.data(), incident.severity, incident.total, incident.active,
        static_cast<int>(at.size()), at.data());
    counts_.bytes += static_cast<std::uint64_t>(size);
    emit_(std::string_view(out_, static_cast<std::size_t>(size)));
  }

  Emit emit_;
  simdjson::ondemand::parser parser_;
  boost::unordered_flat_map<std::uint64_t, AlertState, IdHash> alerts_;
  boost::unordered_flat_map<std::uint64_t, Incident, IdHash> incidents_;
  Counts counts_;
  std::uint32_t last_id_ = 0;
  char out_[512]{};
};

}  // namespace limit
