// Numbers that mean something under one bundle only. A type of their own lets a new bundle find and rewrite them all.
#pragma once

#include <cstdint>
#include <type_traits>

namespace triaged {

/// Where something stands in a list of the bundle. Numbers beyond the list have meanings of their own.
template <class Of>
struct BundleIndex {
  std::uint32_t value = 0;

  constexpr BundleIndex() = default;
  constexpr BundleIndex(std::uint32_t index) : value(index) {}  // NOLINT(google-explicit-constructor): it is a number
  constexpr operator std::uint32_t() const { return value; }    // NOLINT(google-explicit-constructor)
};

template <class T>
inline constexpr bool is_bundle_index = false;
template <class Of>
inline constexpr bool is_bundle_index<BundleIndex<Of>> = true;

struct CorrelationRule;
struct ConfigurationItem;
struct SourceSettings;
struct DedupRule;

using RuleIndex = BundleIndex<CorrelationRule>;    // of the engine's list: its own, the bundle's, retired ones
using ItemIndex = BundleIndex<ConfigurationItem>;  // the catalogue's, then those that an earlier catalogue had
using SourceIndex = BundleIndex<SourceSettings>;
using DedupIndex = BundleIndex<DedupRule>;

}  // namespace triaged
