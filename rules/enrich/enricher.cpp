#include "rules/enrich/enricher.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>

namespace triaged {
namespace {

// Matchers of one service or item that must all hold.
struct Group {
  const Matchers* matchers = nullptr;
  std::uint32_t owner = 0;
};

using Key = std::pair<std::string_view, std::string_view>;  // a label's name and value

// An absent label is equal to "", which no label of an alert leads to.
bool can_be_key(const Matcher& matcher) { return matcher.op() == MatchOp::equal && !matcher.value().empty(); }

Key key(const Matcher& matcher) { return {matcher.name(), matcher.value()}; }

// Groups by one of their `=` matchers.
class GroupIndex {
 public:
  explicit GroupIndex(const std::vector<Group>& groups) {
    boost::unordered_flat_map<Key, std::size_t> uses;
    for (const auto& group : groups) {
      for (const auto& matcher : *group.matchers) {
        if (can_be_key(matcher)) ++uses[key(matcher)];
      }
    }
    for (const auto& group : groups) {
      // The rarest pair is the key: the first could be one that all services share, such as env="prod".
      const Matcher* rarest = nullptr;
      for (const auto& matcher : *group.matchers) {
        if (!can_be_key(matcher)) continue;
        if (rarest == nullptr || uses[key(matcher)] < uses[key(*rarest)]) rarest = &matcher;
      }
      if (rarest == nullptr) {
        unkeyed_.push_back(group);
      } else {
        keyed_[key(*rarest)].push_back(group);
        names_.push_back(rarest->name());
      }
    }
    std::sort(names_.begin(), names_.end());
    names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
  }

  // Calls `visit` with lists of groups, each in ascending order of owner, that together hold every group which can take
  // the alert.
  void candidates(LabelsView labels, auto&& visit) const {
    if (!unkeyed_.empty()) visit(unkeyed_);
    auto name = names_.begin();
    for (const auto& label : labels) {
      while (name != names_.end() && *name < label.name) ++name;
      if (name == names_.end()) return;
      if (*name != label.name) continue;
      const auto found = keyed_.find(Key{label.name, label.value});
      if (found != keyed_.end()) visit(found->second);
    }
  }

 private:
  boost::unordered_flat_map<Key, std::vector<Group>> keyed_;
  std::vector<Group> unkeyed_;  // tried for every alert
  std::vector<std::string_view> names_;
};

std::vector<Group> service_groups(const Catalogue& catalogue) {
  std::vector<Group> groups;
  for (std::uint32_t i = 0; i < catalogue.services.size(); ++i) {
    for (const auto& matchers : catalogue.services[i].matchers) groups.push_back({&matchers, i});
  }
  return groups;
}

std::vector<Group> item_groups(const Catalogue& catalogue) {
  std::vector<Group> groups;
  for (std::uint32_t i = 0; i < catalogue.items.size(); ++i) {
    for (const auto& matchers : catalogue.items[i].matchers) groups.push_back({&matchers, i});
  }
  return groups;
}

std::string_view named_service(LabelsView labels) {
  static constexpr std::array<std::string_view, 3> kLabels{"service", "namespace", "job"};
  for (const auto name : kLabels) {
    const auto value = labels.get(name);
    if (!value.empty()) return value;
  }
  return {};
}

}  // namespace

struct Enricher::Index {
  explicit Index(const Catalogue& from) : catalogue(&from), services(service_groups(from)), items(item_groups(from)) {
    for (std::uint32_t i = 0; i < from.services.size(); ++i) by_name.emplace(from.services[i].name, ServiceId{i});
  }
  const Catalogue* catalogue;
  GroupIndex services;
  GroupIndex items;
  boost::unordered_flat_map<std::string_view, ServiceId> by_name;
};

Enricher::Enricher(const Catalogue& catalogue) : index_(std::make_shared<const Index>(catalogue)) {}

Enrichment Enricher::enrich(LabelsView labels) const {
  Enrichment result;
  if (index_ == nullptr) {
    result.service = named_service(labels);
    return result;
  }
  index_->services.candidates(labels, [&](const std::vector<Group>& groups) {
    for (const auto& group : groups) {
      if (result.id != kNoService && group.owner >= index(result.id)) return;
      if (matches_all(*group.matchers, labels)) result.id = ServiceId{group.owner};
    }
  });
  index_->items.candidates(labels, [&](const std::vector<Group>& groups) {
    for (const auto& group : groups) {
      if (matches_all(*group.matchers, labels)) result.items.push_back(group.owner);
    }
  });
  std::sort(result.items.begin(), result.items.end());
  result.items.erase(std::unique(result.items.begin(), result.items.end()), result.items.end());
  if (result.id != kNoService) {
    result.service = index_->catalogue->services[index(result.id)].name;
    return result;
  }
  result.service = named_service(labels);
  const auto found = index_->by_name.find(result.service);
  if (found != index_->by_name.end()) result.id = found->second;
  return result;
}

}  // namespace triaged
