// Sizes in bytes, in binary units: 512KiB, 16MiB, 10GiB, 0.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "config/reading/duration.hpp"
#include "config/reading/options.hpp"
#include "config/yaml/node.hpp"

namespace triaged::config {

struct SizeBounds {
  std::uint64_t least;  // bytes
  std::uint64_t most;
};

/// A whole number and one of B, KiB, MiB, GiB, TiB; or 0. At most 1024 TiB.
[[nodiscard]] std::expected<std::uint64_t, TextError> parse_size(std::string_view text);

/// The shortest form that parse_size() reads: 16777216 gives "16MiB".
[[nodiscard]] std::string format_size(std::uint64_t bytes);

/// `zero_too`: 0 is taken whatever the least is.
[[nodiscard]] std::optional<std::uint64_t> read_size(const yaml::Node& node, yaml::Faults& faults, SizeBounds bounds,
                                                     bool zero_too = false);

template <class T>
Option<T> size_option(std::string key, std::uint64_t T::* member, SizeBounds bounds, std::string doc,
                      bool zero_too = false) {
  return {std::move(key), "size",
          fmt::format("{}{} to {}", zero_too ? "0, or " : "", format_size(bounds.least), format_size(bounds.most)),
          std::move(doc), [=](const yaml::Node& node, yaml::Faults& faults, T& to) {
            assign(to, member, read_size(node, faults, bounds, zero_too));
          }};
}

}  // namespace triaged::config
