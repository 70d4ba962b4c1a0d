// Services by name: those of the catalogue, and those that only alerts named.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "rules/model/catalogue.hpp"

namespace triaged {

class ServiceNames {
 public:
  ServiceNames() = default;
  explicit ServiceNames(const Catalogue& catalogue) : known_(catalogue.services.size()) {
    for (const auto& service : catalogue.services) add(service.name);
  }

  ServiceId find_or_add(std::string_view name) {
    const auto found = ids_.find(std::string(name));
    return found != ids_.end() ? found->second : add(std::string(name));
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
  ServiceId add(std::string name) {
    const ServiceId id{static_cast<std::uint32_t>(names_.size())};
    ids_.emplace(name, id);
    names_.push_back(std::move(name));
    return id;
  }
  std::size_t known_ = 0;
  std::vector<std::string> names_;
  boost::unordered_flat_map<std::string, ServiceId> ids_;
};

/// Strings that come again and again, as small numbers: 1, 2, … in order of first sight; 0 is the empty string.
class Symbols {
 public:
  std::uint32_t id(std::string_view text) {
    if (text.empty()) return 0;
    const auto [at, fresh] = ids_.try_emplace(std::string(text), static_cast<std::uint32_t>(texts_.size() + 1));
    if (fresh) texts_.emplace_back(text);
    return at->second;
  }
  [[nodiscard]] const std::string& text(std::uint32_t id) const {
    static const std::string kEmpty;
    return id == 0 ? kEmpty : texts_.at(id - 1);
  }

  template <class A>
  void fields(A& a) {
    std::vector<std::string> texts = texts_;
    a(texts);
    for (std::size_t i = texts_.size(); i < texts.size(); ++i) id(texts[i]);
  }

 private:
  std::vector<std::string> texts_;
  boost::unordered_flat_map<std::string, std::uint32_t> ids_;
};

}  // namespace triaged
