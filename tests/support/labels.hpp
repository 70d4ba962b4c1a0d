// Label sets in tests, written as they read.
#pragma once

#include <initializer_list>
#include <string_view>
#include <utility>

#include "rules/model/labels.hpp"

namespace triaged::test {

inline Labels labels(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs) {
  LabelsBuilder builder;
  for (const auto& [name, value] : pairs) builder.set(name, value);
  return builder.build();
}

}  // namespace triaged::test
