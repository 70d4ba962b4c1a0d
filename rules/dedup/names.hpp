// Services and configuration items by name: those of the catalogue, and those that it lacks.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "rules/model/accounting.hpp"
#include "rules/model/archive.hpp"
#include "rules/model/catalogue.hpp"
#include "rules/model/hash.hpp"
#include "rules/model/number.hpp"

namespace triaged {

/// Those of the catalogue come first, in its order; then those that it lacks, in order of first sight.
template <class Id>
class CatalogueNames {
 public:
  CatalogueNames(const CatalogueNames&) = delete;
  CatalogueNames& operator=(const CatalogueNames&) = delete;
  /// `entries`: the catalogue's, each with a name.
  explicit CatalogueNames(const auto& entries) { add_known(entries); }

  Id find_or_add(std::string_view name) {
    const auto found = ids_.find(name);
    return found != ids_.end() ? found->second : add(name);
  }
  [[nodiscard]] const std::string& name(Id id) const { return names_.at(static_cast<std::uint32_t>(id)); }
  [[nodiscard]] std::size_t size() const { return names_.size(); }
  /// What names that the catalogue lacks take.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// Whether the catalogue has it.
  [[nodiscard]] bool known(Id id) const { return static_cast<std::uint32_t>(id) < known_; }

  /// Another catalogue: returns what each id is now. A name that is not in it stays, as one that it lacks.
  std::vector<Id> rebind(const auto& entries) {
    const std::deque<std::string> before = std::exchange(names_, {});
    const std::vector<std::uint32_t> gone = std::exchange(free_, {});
    ids_.clear();
    bytes_ = 0;
    add_known(entries);
    std::vector<Id> now;
    now.reserve(before.size());
    const std::vector<bool> is_gone = marked(gone, before.size());
    for (std::uint32_t at = 0; at < before.size(); ++at) {
      now.push_back(is_gone[at] ? Id{UINT32_MAX} : find_or_add(before[at]));
    }
    return now;
  }
  /// Forgets names that the catalogue lacks and that are not `used`; their ids are given again.
  void keep(const std::vector<bool>& used) {
    const std::vector<bool> is_free = marked(free_, names_.size());
    for (auto at = static_cast<std::uint32_t>(known_); at < names_.size(); ++at) {
      if (used[at] || is_free[at]) continue;
      ids_.erase(names_[at]);
      bytes_ -= accounting::kText + names_[at].size();
      names_[at] = {};
      free_.push_back(at);
    }
  }

  /// Only the names that the catalogue lacks are state; the catalogue comes with the bundle.
  template <class A>
  void fields(A& a) {
    if constexpr (archive::Renumbering<A>) return;
    std::vector<std::string> extra(names_.begin() + static_cast<std::ptrdiff_t>(known_), names_.end());
    a(extra, free_);
    if constexpr (!archive::Reading<A>) return;
    const std::vector<bool> is_free = marked(free_, known_ + extra.size());
    for (const std::string& name : extra) {
      const auto at = static_cast<std::uint32_t>(names_.size());
      const std::string& kept = names_.emplace_back(name);
      if (is_free[at]) continue;
      ids_.emplace(kept, Id{at});
      bytes_ += accounting::kText + name.size();
    }
  }

 private:
  static std::vector<bool> marked(const std::vector<std::uint32_t>& places, std::size_t size) {
    std::vector<bool> marks(size);
    for (const std::uint32_t at : places) {
      if (at < size) marks[at] = true;
    }
    return marks;
  }
  void add_known(const auto& entries) {
    for (const auto& entry : entries) {
      const Id id{static_cast<std::uint32_t>(names_.size())};
      ids_.emplace(names_.emplace_back(entry.name), id);
    }
    known_ = names_.size();
  }
  Id add(std::string_view name) {
    auto at = static_cast<std::uint32_t>(names_.size());
    if (free_.empty()) {
      names_.emplace_back(name);
    } else {
      at = free_.back();
      free_.pop_back();
      names_[at] = name;
    }
    ids_.emplace(names_[at], Id{at});
    bytes_ += accounting::kText + name.size();
    return Id{at};
  }
  std::size_t known_ = 0;
  std::deque<std::string> names_;    // they do not move
  std::vector<std::uint32_t> free_;  // ids of names that were forgotten
  std::uint64_t bytes_ = 0;
  boost::unordered_flat_map<std::string_view, Id, TextHash> ids_;
};

using ServiceNames = CatalogueNames<ServiceId>;
using ItemNames = CatalogueNames<ItemIndex>;

/// Strings that come again and again, as small numbers: 1, 2, … in order of first sight; 0 is the empty string.
class Symbols {
 public:
  Symbols() = default;
  Symbols(const Symbols&) = delete;
  Symbols& operator=(const Symbols&) = delete;

  SymbolId id(std::string_view text) {
    if (text.empty()) return 0;
    const auto found = ids_.find(text);
    if (found != ids_.end()) return found->second;
    auto at = static_cast<std::uint32_t>(texts_.size());
    if (free_.empty()) {
      texts_.emplace_back(text);
    } else {
      at = free_.back();
      free_.pop_back();
      texts_[at] = text;
    }
    bytes_ += accounting::kText + text.size();
    return ids_.emplace(texts_[at], SymbolId(at + 1)).first->second;
  }
  [[nodiscard]] const std::string& text(SymbolId id) const {
    static const std::string kEmpty;
    return id == 0 ? kEmpty : texts_.at(id - 1);
  }
  [[nodiscard]] std::size_t size() const { return texts_.size(); }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// Forgets texts whose numbers are not `used`; the numbers are given again.
  void keep(const std::vector<bool>& used) {
    for (std::uint32_t at = 0; at < texts_.size(); ++at) {
      if (used[at + 1] || texts_[at].empty()) continue;
      ids_.erase(texts_[at]);
      bytes_ -= accounting::kText + texts_[at].size();
      texts_[at] = {};
      free_.push_back(at);
    }
  }

  template <class A>
  void fields(A& a) {
    if constexpr (archive::Renumbering<A>) return;
    std::vector<std::string> texts(texts_.begin(), texts_.end());
    a(texts, free_);
    if constexpr (!archive::Reading<A>) return;
    for (const std::string& text : texts) {
      const std::string& kept = texts_.emplace_back(text);
      if (kept.empty()) continue;
      ids_.emplace(kept, SymbolId(static_cast<std::uint32_t>(texts_.size())));
      bytes_ += accounting::kText + text.size();
    }
  }

 private:
  std::deque<std::string> texts_;    // they do not move; empty: forgotten
  std::vector<std::uint32_t> free_;  // places that were forgotten
  std::uint64_t bytes_ = 0;
  boost::unordered_flat_map<std::string_view, SymbolId, TextHash> ids_;
};

}  // namespace triaged
