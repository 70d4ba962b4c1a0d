// A state's numbers under one bundle → its numbers under the next.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rules/model/archive.hpp"
#include "rules/model/bundle_index.hpp"
#include "rules/model/catalogue.hpp"

namespace triaged {

/// What each number of the last bundle is under the next one. Numbers beyond a list stay as they are.
struct BundleMapping {
  std::vector<ServiceId> services;
  std::vector<ItemIndex> items;
  std::vector<RuleIndex> rules;
  std::vector<SourceIndex> sources;
  std::vector<DedupIndex> dedup;
};

/// Visits all that fields() lists, in place. What is sorted by such numbers sorts itself again (archive::Rebinding).
class Rebinder {
 public:
  explicit Rebinder(const BundleMapping& mapping) : mapping_(&mapping) {}
  [[nodiscard]] const BundleMapping& mapping() const { return *mapping_; }

  template <class... Ts>
  void operator()(Ts&... values) {
    (visit(values), ...);
  }

 private:
  template <class T>
  static constexpr bool kInert = archive::LabelSet<T> || std::same_as<T, std::string> ||
                                 (archive::Scalar<T> && !is_bundle_index<T> && !std::same_as<T, ServiceId>);

  template <class T>
  static void replace(T& number, const std::vector<T>& now) {
    if (const auto at = static_cast<std::uint32_t>(number); at < now.size()) number = now[at];
  }
  template <class T>
  void visit(T& value) {
    if constexpr (kInert<T>) {
      return;
    } else if constexpr (std::same_as<T, ServiceId>) {
      replace(value, mapping_->services);
    } else if constexpr (std::same_as<T, ItemIndex>) {
      replace(value, mapping_->items);
    } else if constexpr (std::same_as<T, RuleIndex>) {
      replace(value, mapping_->rules);
    } else if constexpr (std::same_as<T, SourceIndex>) {
      replace(value, mapping_->sources);
    } else if constexpr (std::same_as<T, DedupIndex>) {
      replace(value, mapping_->dedup);
    } else if constexpr (archive::Sequence<T>) {
      if constexpr (!kInert<typename T::value_type>) {
        for (auto& element : value) visit(element);
      }
    } else {
      value.fields(*this);
    }
  }
  const BundleMapping* mapping_;
};

}  // namespace triaged
