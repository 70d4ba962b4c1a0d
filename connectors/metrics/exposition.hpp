// Collected metrics as text.
#pragma once

#include <string>
#include <vector>

#include "connectors/metrics/format.hpp"

namespace prometheus {
struct MetricFamily;
}

namespace triaged::metrics {

/// Families by name, series by labels, so equal metrics give equal bytes. `families` is put into that order.
void write_exposition(std::vector<prometheus::MetricFamily>& families, Format format, std::string& out);

}  // namespace triaged::metrics
