// The ways in which a scenario is run, and what each must keep.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/scenarios/scenario.hpp"

namespace triaged::test {

struct ModeOptions {
  bool update = false;                // rewrite what is expected
  std::optional<std::uint64_t> seed;  // only this one, in modes that draw
};

struct Failure {
  std::optional<std::uint64_t> seed;  // with which the mode fails again
  std::string what;
};

struct Mode {
  std::string name;
  std::string promise;  // for people
  std::function<std::optional<Failure>(const Scenario&, const ModeOptions&)> run;
};

[[nodiscard]] const std::vector<Mode>& modes();

}  // namespace triaged::test
