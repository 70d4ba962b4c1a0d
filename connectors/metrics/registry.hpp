// Counters, gauges and histograms, and what a scrape gives of them.
//
// Make families once and keep them; keep the handle of a series that is used often: with() takes a lock and looks up,
// what a handle does takes none (a histogram: a short one). All is thread-safe. Handles and families must not outlive
// the registry. Names and help are ours, so a bad one is a broken invariant; label values are not, so a family holds
// only so many series: whatever more is asked for shares one whose labels all say "other".
#pragma once

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/metrics/format.hpp"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace triaged::metrics {

class Counter {
 public:
  using Value = prometheus::Counter;
  explicit Counter(Value& value) : value_(&value) {}
  void add(double amount = 1) const;
  /// For a total that is counted elsewhere, by one thread. Never goes down.
  void raise_to(double total) const;
  [[nodiscard]] double value() const;

 private:
  Value* value_;
};

class Gauge {
 public:
  using Value = prometheus::Gauge;
  explicit Gauge(Value& value) : value_(&value) {}
  void set(double value) const;
  void add(double amount) const;
  [[nodiscard]] double value() const;

 private:
  Value* value_;
};

class Histogram {
 public:
  using Value = prometheus::Histogram;
  explicit Histogram(Value& value) : value_(&value) {}
  void observe(double value) const;

 private:
  Value* value_;
};

using LabelValues = std::initializer_list<std::string_view>;

/// The series of one name that differ in label values.
template <class Handle>
class Family {
 public:
  /// The series with these values, in the order of the label names; made where it is not there.
  [[nodiscard]] Handle with(LabelValues values) const;
  /// It is no longer shown. No handle of it may be used from here on.
  void remove(LabelValues values) const;

 private:
  friend class Registry;
  struct Series;
  explicit Family(std::shared_ptr<Series> series) : series_(std::move(series)) {}
  std::shared_ptr<Series> series_;
};

class Registry {
 public:
  using LabelNames = std::vector<std::string>;
  static constexpr std::size_t kMostSeries = 1000;

  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  /// A counter's name ends in _total.
  Family<Counter> counters(const std::string& name, const std::string& help, LabelNames labels,
                           std::size_t most_series = kMostSeries);
  Family<Gauge> gauges(const std::string& name, const std::string& help, LabelNames labels,
                       std::size_t most_series = kMostSeries);
  /// `bounds`: upper ones, ascending, without infinity.
  Family<Histogram> histograms(const std::string& name, const std::string& help, std::vector<double> bounds,
                               LabelNames labels, std::size_t most_series = kMostSeries);
  /// Without labels.
  Counter counter(const std::string& name, const std::string& help);
  Gauge gauge(const std::string& name, const std::string& help);
  Histogram histogram(const std::string& name, const std::string& help, std::vector<double> bounds);

  /// `update` is called before each scrape, by the thread that scrapes, one at a time.
  void before_scrape(std::function<void()> update);

  /// Everything, families by name, series by labels.
  [[nodiscard]] std::string scrape(Format format) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace triaged::metrics
