#include "connectors/metrics/exposition.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <string_view>

#include <fmt/format.h>
#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>

namespace triaged::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::string_view kTotal = "_total";
constexpr double kExact = 9'007'199'254'740'992.0;  // above it not every whole number is a double

class Writer {
 public:
  Writer(Format format, std::string& out) : openmetrics_(format == Format::openmetrics), out_(out) {}

  void family(const MetricFamily& family) {
    const bool counter = family.type == MetricType::Counter;
    std::string_view name = family.name;
    // In OpenMetrics a family's name goes without what its samples' names end in.
    if (openmetrics_ && counter && name.ends_with(kTotal)) name.remove_suffix(kTotal.size());
    append("# HELP ", name, " ");
    escaped(family.help, openmetrics_);
    append("\n# TYPE ", name, " ", type_of(family.type), "\n");
    if (const auto unit = unit_of(name); openmetrics_ && !unit.empty()) append("# UNIT ", name, " ", unit, "\n");
    for (const auto& metric : family.metric) series(family, name, metric);
  }

  void end() {
    if (openmetrics_) append("# EOF\n");
  }

 private:
  template <class... Parts>
  void append(const Parts&... parts) {
    (out_.append(parts), ...);
  }

  static std::string_view type_of(MetricType type) {
    switch (type) {
      case MetricType::Counter: return "counter";
      case MetricType::Gauge: return "gauge";
      case MetricType::Histogram: return "histogram";
      case MetricType::Summary: return "summary";
      case MetricType::Untyped: break;
    }
    return "unknown";
  }

  static std::string_view unit_of(std::string_view name) {
    for (const std::string_view unit : {"seconds", "bytes", "ratio"}) {
      if (name.ends_with(unit) && name.size() > unit.size() && name[name.size() - unit.size() - 1] == '_') return unit;
    }
    return {};
  }

  void series(const MetricFamily& family, std::string_view name, const ClientMetric& metric) {
    switch (family.type) {
      case MetricType::Counter:
        return sample(name, openmetrics_ ? kTotal : std::string_view(), metric, metric.counter.value);
      case MetricType::Histogram: return histogram(name, metric);
      case MetricType::Gauge: return sample(name, {}, metric, metric.gauge.value);
      case MetricType::Summary:
      case MetricType::Untyped: return;  // none of ours
    }
  }

  void histogram(std::string_view name, const ClientMetric& metric) {
    for (const auto& bucket : metric.histogram.bucket) {
      append(name, "_bucket{");
      labels(metric);
      append(metric.label.empty() ? "le=\"" : ",le=\"");
      bound(bucket.upper_bound);
      append("\"} ");
      number(static_cast<double>(bucket.cumulative_count));
      append("\n");
    }
    sample(name, "_count", metric, static_cast<double>(metric.histogram.sample_count));
    sample(name, "_sum", metric, metric.histogram.sample_sum);
  }

  void sample(std::string_view name, std::string_view suffix, const ClientMetric& metric, double value) {
    append(name, suffix);
    if (!metric.label.empty()) {
      append("{");
      labels(metric);
      append("}");
    }
    append(" ");
    number(value);
    append("\n");
  }

  void labels(const ClientMetric& metric) {
    const char* before = "";
    for (const auto& label : metric.label) {
      append(before, label.name, "=\"");
      escaped(label.value, true);
      append("\"");
      before = ",";
    }
  }

  void escaped(std::string_view text, bool quotes) {
    for (auto at = text.find_first_of("\\\n\""); at != std::string_view::npos; at = text.find_first_of("\\\n\"")) {
      out_.append(text.substr(0, at));
      if (text[at] == '\n') {
        out_.append("\\n");
      } else if (text[at] == '\\' || quotes) {
        out_.push_back('\\');
        out_.push_back(text[at]);
      } else {
        out_.push_back(text[at]);
      }
      text.remove_prefix(at + 1);
    }
    out_.append(text);
  }

  // OpenMetrics wants bounds in one form only: 1 is written 1.0.
  void bound(double value) {
    const std::size_t from = out_.size();
    number(value);
    if (openmetrics_ && out_.find_first_of(".eIN", from) == std::string::npos) out_.append(".0");
  }

  void number(double value) {
    if (std::isnan(value)) {
      append("NaN");
    } else if (std::isinf(value)) {
      append(value > 0 ? "+Inf" : "-Inf");
    } else if (std::abs(value) < kExact && value == std::trunc(value)) {
      fmt::format_to(std::back_inserter(out_), "{}", static_cast<std::int64_t>(value));
    } else {
      fmt::format_to(std::back_inserter(out_), "{}", value);
    }
  }

  bool openmetrics_;
  std::string& out_;
};

}  // namespace

void write_exposition(std::vector<MetricFamily>& families, Format format, std::string& out) {
  std::sort(families.begin(), families.end(),
            [](const MetricFamily& a, const MetricFamily& b) { return a.name < b.name; });
  Writer writer(format, out);
  for (auto& family : families) {
    if (family.metric.empty()) continue;
    std::sort(family.metric.begin(), family.metric.end(),
              [](const ClientMetric& a, const ClientMetric& b) { return a.label < b.label; });
    writer.family(family);
  }
  writer.end();
}

}  // namespace triaged::metrics
