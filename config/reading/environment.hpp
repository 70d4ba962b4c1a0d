// ${env:NAME} in texts where secrets, addresses and paths stand.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "config/reading/options.hpp"
#include "config/yaml/node.hpp"

namespace triaged::config {

/// A text that is not empty, with each ${env:NAME} replaced by that variable of the environment. A variable that is not
/// defined is a fault, and so is any other ${.
[[nodiscard]] std::optional<std::string> read_expanded(const yaml::Node& node, yaml::Faults& faults);

template <class T>
Option<T> expanded_option(std::string key, std::string T::* member, std::string doc) {
  return {
      std::move(key), "text, with ${env:NAME}", "", std::move(doc),
      [=](const yaml::Node& node, yaml::Faults& faults, T& to) { assign(to, member, read_expanded(node, faults)); }};
}

}  // namespace triaged::config
