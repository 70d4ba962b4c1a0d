#include "rules/model/labels.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "rules/model/check.hpp"

namespace triaged {
namespace {

auto position(auto& pairs, std::string_view name) {
  return std::lower_bound(pairs.begin(), pairs.end(), name,
                          [](const auto& pair, std::string_view wanted) { return pair.first < wanted; });
}

}  // namespace

SharedLabels::SharedLabels(LabelsView view) {
  const std::string_view bytes = view.bytes();
  if (bytes.empty()) return;
  TRIAGED_CHECK(bytes.size() <= UINT32_MAX);
  void* const memory = ::operator new(sizeof(Block) + bytes.size());
  block_ = new (memory) Block(static_cast<std::uint32_t>(bytes.size()));
  std::memcpy(static_cast<char*>(memory) + sizeof(Block), bytes.data(), bytes.size());
}

LabelsBuilder::LabelsBuilder(LabelsView from) {
  for (const auto& label : from) pairs_.emplace_back(label.name, label.value);
}

void LabelsBuilder::set(std::string_view name, std::string_view value) {
  if (value.empty()) return erase(name);
  const auto at = position(pairs_, name);
  if (at != pairs_.end() && at->first == name) {
    at->second.assign(value);
  } else {
    pairs_.emplace(at, name, value);
  }
}

void LabelsBuilder::erase(std::string_view name) {
  const auto at = position(pairs_, name);
  if (at != pairs_.end() && at->first == name) pairs_.erase(at);
}

std::string_view LabelsBuilder::get(std::string_view name) const {
  const auto at = position(pairs_, name);
  return at != pairs_.end() && at->first == name ? std::string_view(at->second) : std::string_view();
}

Labels LabelsBuilder::build() const {
  std::size_t size = 0;
  for (const auto& [name, value] : pairs_) size += name.size() + value.size() + 2;
  std::string bytes;
  bytes.reserve(size);
  for (const auto& [name, value] : pairs_) {
    bytes.append(name).push_back('\xFF');
    bytes.append(value).push_back('\xFF');
  }
  return Labels::from_canonical(std::move(bytes));
}

}  // namespace triaged
