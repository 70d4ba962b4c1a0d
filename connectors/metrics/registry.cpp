#include "connectors/metrics/registry.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "connectors/metrics/exposition.hpp"
#include "rules/model/check.hpp"

namespace triaged::metrics {

void Counter::add(double amount) const { value_->Increment(amount); }
void Counter::raise_to(double total) const { value_->Increment(std::max(0.0, total - value_->Value())); }
double Counter::value() const { return value_->Value(); }
void Gauge::set(double value) const { value_->Set(value); }
void Gauge::add(double amount) const { value_->Increment(amount); }
double Gauge::value() const { return value_->Value(); }
void Histogram::observe(double value) const { value_->Observe(value); }

template <class Handle>
struct Family<Handle>::Series {
  using Value = typename Handle::Value;

  prometheus::Family<Value>* family = nullptr;
  std::vector<std::string> names;
  std::vector<double> bounds;  // of a histogram
  std::size_t most = 0;
  std::mutex mutex;
  std::map<std::string, Value*, std::less<>> known;  // by values, each behind its length
  Value* other = nullptr;                            // shared by all that are too many

  static std::string key_of(LabelValues values) {
    std::string key;
    for (const auto value : values) {
      const std::size_t size = value.size();
      key.append(reinterpret_cast<const char*>(&size), sizeof(size));
      key.append(value);
    }
    return key;
  }

  Value& add(const prometheus::Labels& labels) {
    if constexpr (std::is_same_v<Handle, Histogram>) {
      return family->Add(labels, bounds);
    } else {
      return family->Add(labels);
    }
  }

  Value& find_or_add(LabelValues values) {
    TRIAGED_CHECK(values.size() == names.size());
    const std::string key = key_of(values);
    const std::lock_guard lock(mutex);
    if (const auto found = known.find(key); found != known.end()) return *found->second;
    const bool full = known.size() >= most;
    if (full && other != nullptr) return *other;
    prometheus::Labels labels;
    auto name = names.begin();
    for (const auto value : values) labels.emplace(*name++, full ? "other" : std::string(value));
    Value& added = add(labels);
    if (full) {
      other = &added;
    } else {
      known.emplace(key, &added);
    }
    return added;
  }
};

template <class Handle>
Handle Family<Handle>::with(LabelValues values) const {
  return Handle(series_->find_or_add(values));
}

template <class Handle>
void Family<Handle>::remove(LabelValues values) const {
  const std::lock_guard lock(series_->mutex);
  const auto found = series_->known.find(Series::key_of(values));
  if (found == series_->known.end()) return;
  // Series that a call with "other" made may be the shared one too.
  if (found->second != series_->other) series_->family->Remove(found->second);
  series_->known.erase(found);
}

template class Family<Counter>;
template class Family<Gauge>;
template class Family<Histogram>;

struct Registry::State {
  prometheus::Registry registry;
  std::mutex mutex;
  std::vector<std::function<void()>> updates;
  std::size_t last_size = 0;

  template <class Handle, class Builder>
  std::shared_ptr<typename Family<Handle>::Series> make(Builder builder, const std::string& name,
                                                        const std::string& help, LabelNames labels,
                                                        std::size_t most_series) {
    auto series = std::make_shared<typename Family<Handle>::Series>();
    series->family = &builder.Name(name).Help(help).Register(registry);
    series->names = std::move(labels);
    series->most = most_series;
    return series;
  }
};

Registry::Registry() : state_(std::make_unique<State>()) {}
Registry::~Registry() = default;

Family<Counter> Registry::counters(const std::string& name, const std::string& help, LabelNames labels,
                                   std::size_t most_series) {
  TRIAGED_CHECK(name.ends_with("_total"));
  return Family<Counter>(state_->make<Counter>(prometheus::BuildCounter(), name, help, std::move(labels), most_series));
}

Family<Gauge> Registry::gauges(const std::string& name, const std::string& help, LabelNames labels,
                               std::size_t most_series) {
  return Family<Gauge>(state_->make<Gauge>(prometheus::BuildGauge(), name, help, std::move(labels), most_series));
}

Family<Histogram> Registry::histograms(const std::string& name, const std::string& help, std::vector<double> bounds,
                                       LabelNames labels, std::size_t most_series) {
  TRIAGED_CHECK(std::is_sorted(bounds.begin(), bounds.end()));
  auto series = state_->make<Histogram>(prometheus::BuildHistogram(), name, help, std::move(labels), most_series);
  series->bounds = std::move(bounds);
  return Family<Histogram>(std::move(series));
}

Counter Registry::counter(const std::string& name, const std::string& help) {
  return counters(name, help, {}).with({});
}
Gauge Registry::gauge(const std::string& name, const std::string& help) { return gauges(name, help, {}).with({}); }
Histogram Registry::histogram(const std::string& name, const std::string& help, std::vector<double> bounds) {
  return histograms(name, help, std::move(bounds), {}).with({});
}

void Registry::before_scrape(std::function<void()> update) {
  const std::lock_guard lock(state_->mutex);
  state_->updates.push_back(std::move(update));
}

std::string Registry::scrape(Format format) const {
  const std::lock_guard lock(state_->mutex);
  for (const auto& update : state_->updates) update();
  auto families = state_->registry.Collect();
  std::string text;
  text.reserve(state_->last_size + state_->last_size / 8);
  write_exposition(families, format, text);
  state_->last_size = text.size();
  return text;
}

}  // namespace triaged::metrics
