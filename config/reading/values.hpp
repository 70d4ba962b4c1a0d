// Nodes → typed values. Each reader reports what it can't take, at its place, and then gives nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/yaml/node.hpp"
#include "rules/match/matcher.hpp"
#include "rules/model/time.hpp"

namespace triaged::config {

struct DurationBounds {
  Duration least;
  Duration most;
};

struct IntegerBounds {
  std::uint64_t least;
  std::uint64_t most;
};

/// `offset` bytes into a scalar's text → its place in the file; the scalar's own where escapes stand between.
[[nodiscard]] yaml::Position place_in(const yaml::Node& scalar, std::size_t offset, const yaml::Source& source);

/// Any scalar, as it is written; `may_be_empty` allows "".
[[nodiscard]] std::optional<std::string> read_text(const yaml::Node& node, yaml::Faults& faults,
                                                   bool may_be_empty = false);
[[nodiscard]] std::optional<bool> read_bool(const yaml::Node& node, yaml::Faults& faults);
[[nodiscard]] std::optional<std::uint64_t> read_integer(const yaml::Node& node, yaml::Faults& faults,
                                                        IntegerBounds bounds);
[[nodiscard]] std::optional<Duration> read_duration(const yaml::Node& node, yaml::Faults& faults,
                                                    DurationBounds bounds);

/// The entries of a list, or nullptr. `what` names them, for the message: "label names"; `hint` is added to it.
[[nodiscard]] const std::vector<yaml::Node>* read_list(const yaml::Node& node, yaml::Faults& faults,
                                                       std::string_view what, std::string_view hint = {});
/// `; write [a]` for a text where a list of texts must stand.
[[nodiscard]] std::string as_list(const yaml::Node& node);
/// Texts, none twice.
[[nodiscard]] std::vector<std::string> read_texts(const yaml::Node& node, yaml::Faults& faults, std::string_view what);

/// A list of matchers, each a string.
[[nodiscard]] Matchers read_matchers(const yaml::Node& node, yaml::Faults& faults);
/// A list of matchers, or a list of such lists: of these, one must hold.
[[nodiscard]] std::vector<Matchers> read_matcher_groups(const yaml::Node& node, yaml::Faults& faults);

/// `unknown WHAT "WORD"; did you mean "NEAREST"?`, or what is known where it is little.
[[nodiscard]] std::string unknown(std::string_view what, std::string_view word, const std::vector<std::string>& known);

}  // namespace triaged::config
