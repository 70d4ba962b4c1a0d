// What holds for every story, every matcher, every label set.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace triaged::test {

struct Property {
  std::string name;
  std::function<void()> holds;  // draws its own inputs from rapidcheck
};

[[nodiscard]] std::vector<Property> engine_properties();
[[nodiscard]] std::vector<Property> label_properties();
[[nodiscard]] std::vector<Property> solver_properties();
[[nodiscard]] std::vector<Property> reload_properties();

}  // namespace triaged::test
