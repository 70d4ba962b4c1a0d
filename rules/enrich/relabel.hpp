// Prometheus's relabel_configs on alerts.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "rules/match/matcher.hpp"
#include "rules/model/labels.hpp"
#include "rules/model/origin.hpp"

namespace triaged {

enum class RelabelAction : std::uint8_t {
  replace,
  keep,
  drop,
  labelmap,
  labeldrop,
  labelkeep,
  lowercase,
  uppercase,
  hashmod,
  keepequal,
  dropequal
};

/// One relabelling step as written; defaults are Prometheus's. Each field has one, so that designators may name any
/// few.
struct RelabelConfig {
  RelabelAction action = RelabelAction::replace;
  std::vector<std::string> source_labels{};
  std::string separator = ";";
  std::string regex = "(.*)";
  std::string target_label{};
  std::string replacement = "$1";
  std::uint64_t modulus = 0;
  Origin origin{};
};

/// Compiled steps. Semantics are Prometheus's (model/relabel/relabel.go), hashmod's MD5 included. Immutable,
/// thread-safe.
class Relabeler {
 public:
  Relabeler() = default;

  struct Error {
    std::size_t step = 0;  // index into the configs
    std::string message;
  };
  /// Checks what Prometheus checks (a regex that compiles, a target label where the action needs one, a modulus, …).
  static std::expected<Relabeler, Error> compile(std::vector<RelabelConfig> configs);

  /// Applies all steps in order. Returns false where a step dropped the alert; `dropped_by` then says which one.
  [[nodiscard]] bool apply(LabelsBuilder& labels, std::size_t* dropped_by = nullptr) const;
  [[nodiscard]] bool empty() const { return steps_ == nullptr || size() == 0; }
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] const RelabelConfig& config(std::size_t step) const;

 private:
  struct Step;
  std::shared_ptr<const std::vector<Step>> steps_;
};

}  // namespace triaged
