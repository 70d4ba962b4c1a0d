#include "rules/model/severity.hpp"

#include <string>

#include <catch2/catch.hpp>

using triaged::parse_severity;
using triaged::Severity;

TEST_CASE("severities are read back as they are written") {
  for (const auto severity :
       {Severity::info, Severity::warning, Severity::minor, Severity::major, Severity::critical}) {
    CHECK(parse_severity(to_string(severity)) == severity);
  }
}

TEST_CASE("worse severities are greater") {
  CHECK(Severity::critical > Severity::major);
  CHECK(Severity::major > Severity::minor);
  CHECK(Severity::minor > Severity::warning);
  CHECK(Severity::warning > Severity::info);
}

TEST_CASE("case does not matter in a severity") {
  CHECK(parse_severity("CRITICAL") == Severity::critical);
  CHECK(parse_severity("Info") == Severity::info);
}

TEST_CASE("other tools' levels are known") {
  CHECK(parse_severity("page") == Severity::critical);
  CHECK(parse_severity("disaster") == Severity::critical);
  CHECK(parse_severity("error") == Severity::major);
  CHECK(parse_severity("P3") == Severity::minor);
  CHECK(parse_severity("none") == Severity::info);
}

TEST_CASE("an absent or unknown severity is a warning") {
  CHECK(parse_severity("") == Severity::warning);
  CHECK(parse_severity("ticket") == Severity::warning);
  CHECK(parse_severity(std::string(100'000, 'c')) == Severity::warning);
}
