#include "rules/model/fingerprint.hpp"

#include <catch2/catch.hpp>

#include "tests/support/labels.hpp"

using triaged::Fingerprint;
using triaged::fingerprint;
using triaged::to_string;
using triaged::test::labels;

TEST_CASE("fingerprints are Prometheus's") {
  CHECK(to_string(fingerprint(labels({}))) == "cbf29ce484222325");
  // From the tests of prometheus/common.
  CHECK(to_string(fingerprint(labels({{"name", "garland, briggs"}, {"fear", "love is not enough"}}))) ==
        "507a62d79ee76c9a");
  CHECK(to_string(fingerprint(labels({{"alertname", "HighLatency"}, {"service", "api"}, {"severity", "critical"}}))) ==
        "6a4f37c34a2d1e4b");
}

TEST_CASE("fingerprints are printed with 16 digits") {
  CHECK(to_string(Fingerprint{0}) == "0000000000000000");
  CHECK(to_string(Fingerprint{0x00AB}) == "00000000000000ab");
  CHECK(to_string(Fingerprint{~0ULL}) == "ffffffffffffffff");
}
