// A walk over the state that looks at numbers alone.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "rules/model/archive.hpp"
#include "rules/model/catalogue.hpp"
#include "rules/model/number.hpp"

namespace triaged {

/// Calls `visit(number)` for each Number and ServiceId that fields() lists, in place. What is sorted by them sorts
/// itself again (archive::Renumbering).
template <class Visit>
class NumberWalker {
 public:
  explicit NumberWalker(Visit visit) : visit_(std::move(visit)) {}
  static void renumbers() {}

  template <class... Ts>
  void operator()(Ts&... values) {
    (walk(values), ...);
  }

 private:
  template <class T>
  static constexpr bool kNumber = kIsNumber<T> || std::same_as<T, ServiceId>;
  template <class T>
  static constexpr bool kInert =
      archive::LabelSet<T> || std::same_as<T, std::string> || (archive::Scalar<T> && !kNumber<T>);

  template <class T>
  void walk(T& value) {
    if constexpr (kInert<T>) {
      return;
    } else if constexpr (kNumber<T>) {
      visit_(value);
    } else if constexpr (archive::Sequence<T>) {
      if constexpr (!kInert<typename T::value_type>) {
        for (auto& element : value) walk(element);
      }
    } else {
      value.fields(*this);
    }
  }
  Visit visit_;
};

/// What each number of the last bundle is under the next one. Numbers beyond a list stay as they are.
struct BundleMapping {
  std::vector<ServiceId> services;
  std::vector<ItemIndex> items;
  std::vector<RuleIndex> rules;
  std::vector<SourceIndex> sources;
  std::vector<DedupIndex> dedup;
};

/// A visitor that rewrites.
class Renumber {
 public:
  explicit Renumber(const BundleMapping& mapping) : mapping_(&mapping) {}
  void operator()(ServiceId& number) const { replace(number, mapping_->services); }
  void operator()(ItemIndex& number) const { replace(number, mapping_->items); }
  void operator()(RuleIndex& number) const { replace(number, mapping_->rules); }
  void operator()(SourceIndex& number) const { replace(number, mapping_->sources); }
  void operator()(DedupIndex& number) const { replace(number, mapping_->dedup); }
  void operator()(SymbolId& /*number*/) const {}

 private:
  template <class T>
  static void replace(T& number, const std::vector<T>& now) {
    if (const auto at = static_cast<std::uint32_t>(number); at < now.size()) number = now[at];
  }
  const BundleMapping* mapping_;
};

/// A visitor that marks the symbols and services in use.
class MarkUsed {
 public:
  MarkUsed(std::vector<bool>& symbols, std::vector<bool>& services) : symbols_(&symbols), services_(&services) {}
  void operator()(SymbolId& number) const { mark(number, *symbols_); }
  void operator()(ServiceId& number) const { mark(static_cast<std::uint32_t>(number), *services_); }
  void operator()(auto& /*number*/) const {}

 private:
  static void mark(std::uint32_t number, std::vector<bool>& used) {
    if (number < used.size()) used[number] = true;
  }
  std::vector<bool>* symbols_;
  std::vector<bool>* services_;
};

}  // namespace triaged
