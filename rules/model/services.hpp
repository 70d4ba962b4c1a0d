// Services and configuration items by name: those of the catalogue, and those that it lacks.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "rules/model/bundle_index.hpp"
#include "rules/model/catalogue.hpp"
#include "rules/model/hash.hpp"

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
  /// Whether the catalogue has it.
  [[nodiscard]] bool known(Id id) const { return static_cast<std::uint32_t>(id) < known_; }

  /// Another catalogue: returns what each id is now. A name that is not in it stays, as one that it lacks.
  std::vector<Id> rebind(const auto& entries) {
    const std::deque<std::string> before = std::exchange(names_, {});
    ids_.clear();
    add_known(entries);
    std::vector<Id> now;
    now.reserve(before.size());
    for (const std::string& name : before) now.push_back(find_or_add(name));
    return now;
  }

  /// Only the names that the catalogue lacks are state; the catalogue comes with the bundle.
  template <class A>
  void fields(A& a) {
    std::vector<std::string> extra(names_.begin() + static_cast<std::ptrdiff_t>(known_), names_.end());
    a(extra);
    for (std::size_t i = names_.size() - known_; i < extra.size(); ++i) add(extra[i]);
  }

 private:
  void add_known(const auto& entries) {
    for (const auto& entry : entries) add(entry.name);
    known_ = names_.size();
  }
  Id add(std::string_view name) {
    const Id id{static_cast<std::uint32_t>(names_.size())};
    ids_.emplace(names_.emplace_back(name), id);
    return id;
  }
  std::size_t known_ = 0;
  std::deque<std::string> names_;  // they do not move
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

  std::uint32_t id(std::string_view text) {
    if (text.empty()) return 0;
    const auto found = ids_.find(text);
    if (found != ids_.end()) return found->second;
    const std::string& kept = texts_.emplace_back(text);
    return ids_.emplace(kept, static_cast<std::uint32_t>(texts_.size())).first->second;
  }
  [[nodiscard]] const std::string& text(std::uint32_t id) const {
    static const std::string kEmpty;
    return id == 0 ? kEmpty : texts_.at(id - 1);
  }

  template <class A>
  void fields(A& a) {
    std::vector<std::string> texts(texts_.begin(), texts_.end());
    a(texts);
    for (std::size_t i = texts_.size(); i < texts.size(); ++i) id(texts[i]);
  }

 private:
  std::deque<std::string> texts_;  // they do not move
  boost::unordered_flat_map<std::string_view, std::uint32_t, TextHash> ids_;
};

}  // namespace triaged
