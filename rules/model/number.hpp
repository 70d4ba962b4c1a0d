// Numbers with a type of their own, so that one walk over the state finds all of a kind: those that mean something
// under one bundle only, to rewrite them under the next; symbols, to forget those that nobody uses.
#pragma once

#include <cstdint>

namespace triaged {

/// Where something stands in a list. Numbers beyond the list have meanings of their own.
template <class Of>
struct Number {
  std::uint32_t value = 0;

  constexpr Number() = default;
  constexpr Number(std::uint32_t number) : value(number) {}   // NOLINT(google-explicit-constructor): it is a number
  constexpr operator std::uint32_t() const { return value; }  // NOLINT(google-explicit-constructor)
};

template <class T>
inline constexpr bool kIsNumber = false;
template <class Of>
inline constexpr bool kIsNumber<Number<Of>> = true;

struct CorrelationRule;
struct ConfigurationItem;
struct SourceSettings;
struct DedupRule;
struct Symbol;

using RuleIndex = Number<CorrelationRule>;    // of the engine's list: its own, the bundle's, retired ones
using ItemIndex = Number<ConfigurationItem>;  // the catalogue's, then those that an earlier catalogue had
using SourceIndex = Number<SourceSettings>;
using DedupIndex = Number<DedupRule>;
using SymbolId = Number<Symbol>;  // of a text in Symbols; 0: the empty one

}  // namespace triaged
