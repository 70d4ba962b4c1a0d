#include "connectors/metrics/format.hpp"

#include <string>

#include <catch2/catch.hpp>

namespace triaged::metrics {
namespace {

TEST_CASE("metrics: the client's first choice is given", "[metrics]") {
  const auto [accept, format] = GENERATE(table<std::string, Format>({
      {"", Format::text},
      {"*/*", Format::text},
      {"text/html", Format::text},
      {"application/openmetrics-text", Format::openmetrics},
      {"Application/OpenMetrics-Text; Version=1.0.0", Format::openmetrics},
      {"application/openmetrics-text; version=\"1.0.0\"; charset=utf-8", Format::openmetrics},
      {"application/openmetrics-text;version=0.0.1", Format::text},
      {"application/openmetrics-text;version=2.0.0,text/plain", Format::text},
      // Prometheus 2.42
      {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
       "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
       Format::openmetrics},
      // Prometheus 3
      {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;"
       "version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,"
       "*/*;q=0.1",
       Format::openmetrics},
      {"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,"
       "text/plain;version=0.0.4;q=0.3",
       Format::text},
      {"application/openmetrics-text;q=0.4, text/plain;q=0.5", Format::text},
      {"application/openmetrics-text;q=0.5, text/plain;q=0.5", Format::openmetrics},
      {"text/plain;q=0.5, application/openmetrics-text;q=0.5", Format::text},
      {"text/plain;q=0.5, application/openmetrics-text;q=0.501", Format::openmetrics},
      {"application/openmetrics-text;q=0", Format::text},
      {"application/openmetrics-text;q=0, text/plain;q=0", Format::text},
      {"application/openmetrics-text;q=1.5, text/plain;q=0.1", Format::text},
      {"application/openmetrics-text;q=high", Format::text},
      {",,;;,=;q=,", Format::text},
      {"text/plain;note=\"a,b;q=0\";q=0.1,application/openmetrics-text;q=0.2", Format::openmetrics},
      {"text/plain;note=\"", Format::text},
      {"text/plain;note=\"\\", Format::text},
  }));
  CAPTURE(accept);
  CHECK(choose_format(accept) == format);
}

TEST_CASE("metrics: the answer says its format and version", "[metrics]") {
  CHECK(content_type(Format::text) == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(content_type(Format::openmetrics) == "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

}  // namespace
}  // namespace triaged::metrics
