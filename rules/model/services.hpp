// Services by name: those of the catalogue, and those that only alerts named.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "rules/model/catalogue.hpp"
#include "rules/model/hash.hpp"

namespace triaged {

class ServiceNames {
 public:
  ServiceNames() = default;
  ServiceNames(const ServiceNames&) = delete;
  ServiceNames& operator=(const ServiceNames&) = delete;
  explicit ServiceNames(const Catalogue& catalogue) : known_(catalogue.services.size()) {
    for (const auto& service : catalogue.services) add(service.name);
  }

  ServiceId find_or_add(std::string_view name) {
    const auto found = ids_.find(name);
    return found != ids_.end() ? found->second : add(name);
  }
  [[nodiscard]] const std::string& name(ServiceId id) const { return names_.at(index(id)); }
  /// Whether the catalogue has it.
  [[nodiscard]] bool known(ServiceId id) const { return index(id) < known_; }

  /// Only the names that alerts brought are state; the catalogue comes with the bundle.
  template <class A>
  void fields(A& a) {
    std::vector<std::string> extra(names_.begin() + static_cast<std::ptrdiff_t>(known_), names_.end());
    a(extra);
    for (std::size_t i = names_.size() - known_; i < extra.size(); ++i) add(extra[i]);
  }

 private:
  ServiceId add(std::string_view name) {
    const ServiceId id{static_cast<std::uint32_t>(names_.size())};
    ids_.emplace(names_.emplace_back(name), id);
    return id;
  }
  std::size_t known_ = 0;
  std::deque<std::string> names_;  // they do not move
  boost::unordered_flat_map<std::string_view, ServiceId, TextHash> ids_;
};

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
