#include "config/yaml/builder.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace triaged::config::yaml {
namespace {

constexpr std::size_t kFewKeys = 16;

// Leaves the first of each in place.
void drop_duplicate_keys(Node& map, Builder::Found& found) {
  auto& values = map.children;
  std::vector<const Node*> by_key;
  by_key.reserve(values.size());
  for (const Node& value : values) by_key.push_back(&value);
  const auto before = [](const Node* a, const Node* b) {
    return std::pair(a->key, a->key_at) < std::pair(b->key, b->key_at);
  };
  std::sort(by_key.begin(), by_key.end(), before);
  std::vector<Position> duplicates;
  const Node* first = nullptr;
  for (const Node* value : by_key) {
    if (first == nullptr || first->key != value->key) {
      first = value;
      continue;
    }
    found.emplace_back(value->key_at, fmt::format("\"{}\" stands here a second time; the first is on line {}",
                                                  value->key, first->key_at.line));
    duplicates.push_back(value->key_at);
  }
  if (duplicates.empty()) return;
  std::erase_if(values, [&](const Node& value) {
    return std::find(duplicates.begin(), duplicates.end(), value.key_at) != duplicates.end();
  });
}

bool may_have_duplicate_keys(const Node& map) {
  const auto& values = map.children;
  if (values.size() > kFewKeys) return true;
  for (std::size_t i = 1; i < values.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (values[i].key == values[j].key) return true;
    }
  }
  return false;
}

}  // namespace

Builder::Builder(const Source& source, const Limits& limits, const std::set<Position>& broken,
                 std::deque<std::string>& kept_texts)
    : source_(source), limits_(limits), broken_(broken), kept_texts_(kept_texts) {}

Position Builder::place(const YAML::Mark& mark) const {
  return mark.is_null() ? last_ : source_.position_of(mark.line, mark.column);
}

void Builder::OnDocumentStart(const YAML::Mark& mark) { first_line_ = mark.line; }
void Builder::OnDocumentEnd() {}

void Builder::OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) {
  Node node;
  node.at = place(mark);
  if (!open_.empty() && open_.back().node->is(Node::Kind::sequence) && !open_.back().node->flow) {
    // yaml-cpp gives the place of what follows an empty entry.
    const auto before = source_.text().substr(0, source_.offset(node.at));
    if (const auto dash = before.rfind('-'); dash != std::string_view::npos) node.at = source_.position(dash);
  }
  add(std::move(node));
}

void Builder::OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) {
  Node node;
  node.kind = Node::Kind::broken;
  node.at = place(mark);
  found_.emplace_back(node.at, "aliases are not taken; write the value out");
  add(std::move(node));
}

void Builder::OnAnchor(const YAML::Mark& mark, const std::string& name) {
  found_.emplace_back(place(mark), fmt::format("anchors are not taken; leave out \"&{}\"", name));
}

void Builder::check_tag(const std::string& tag, Position at) {
  if (tag.empty() || tag == "?") return;
  // What is in quotes has the tag "!" too.
  const auto written = source_.text().substr(source_.offset(at));
  if (tag == "!" && !written.starts_with('!')) return;
  found_.emplace_back(at, "tags are not taken; leave out what begins with \"!\"");
}

std::string_view Builder::keep(const std::string& value, Position at, bool quoted) {
  const std::size_t offset = source_.offset(at) + (quoted ? 1 : 0);
  if (offset < source_.text().size()) {
    const auto written = source_.text().substr(offset, value.size());
    if (written == value) return written;
  }
  return kept_texts_.emplace_back(value);
}

void Builder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                       const std::string& value) {
  Node node;
  node.at = place(mark);
  check_tag(tag, node.at);
  node.quoted = tag == "!";
  if (!broken_.empty() && value == kBrokenValue && broken_.contains(node.at)) {
    node.kind = Node::Kind::broken;
  } else {
    node.kind = Node::Kind::scalar;
    node.text = keep(value, node.at, node.quoted);
  }
  add(std::move(node));
}

void Builder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                              YAML::EmitterStyle::value style) {
  Node node;
  node.kind = Node::Kind::sequence;
  node.at = place(mark);
  open(std::move(node), tag, style);
}

void Builder::OnSequenceEnd() { close(); }

void Builder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                         YAML::EmitterStyle::value style) {
  Node node;
  node.kind = Node::Kind::map;
  node.at = place(mark);
  open(std::move(node), tag, style);
  open_.back().expects_key = true;
}

void Builder::OnMapEnd() {
  Node& map = *open_.back().node;
  // {{ $root }} without quotes: what it is read as does not matter.
  if (map.flow && open_.back().had_bad_key) map.kind = Node::Kind::broken;
  if (may_have_duplicate_keys(map)) drop_duplicate_keys(map, found_);
  close();
}

void Builder::open(Node node, const std::string& tag, YAML::EmitterStyle::value style) {
  check_tag(tag, node.at);
  if (open_.size() >= limits_.depth) {
    throw LimitExceeded{node.at, fmt::format("nested more than {} deep", limits_.depth)};
  }
  node.flow = style == YAML::EmitterStyle::Flow;
  Node& added = add(std::move(node));
  open_.push_back({.node = &added});
}

void Builder::close() {
  // A parent's children grow only while none of them is open, so pointers to the open ones stay good.
  open_.pop_back();
}

void Builder::bad_key(Position at, std::string message) {
  found_.emplace_back(at, std::move(message));
  open_.back().key_is_bad = open_.back().had_bad_key = true;
}

// yaml-cpp takes the last line of a mapping for a key, colon or not.
void Builder::check_colon(Open& map) {
  if (map.key_is_bad) return;
  const auto written = source_.text().substr(source_.offset(map.key_at));
  if (!written.starts_with(map.key)) return;  // in quotes
  const auto behind = written.find_first_not_of(' ', map.key.size());
  if (behind != std::string_view::npos && written[behind] == ':') return;
  found_.emplace_back(map.key_at,
                      map.key.contains(':') ? "a space is missing behind the \":\"" : "a key needs a \":\" behind it");
  map.key_is_bad = true;
}

Node& Builder::add(Node node) {
  last_ = node.at;
  if (++values_ > limits_.values) {
    throw LimitExceeded{node.at, fmt::format("a {} has at most {} values", limits_.what, limits_.values)};
  }
  if (open_.empty()) return root_ = std::move(node);
  Open& parent = open_.back();
  node.flow = node.flow || parent.node->flow;
  if (parent.node->is(Node::Kind::sequence)) return parent.node->children.emplace_back(std::move(node));
  parent.expects_key = !parent.expects_key;
  if (parent.expects_key) {  // this is a value
    if (node.is(Node::Kind::null) && !node.flow) check_colon(parent);
    if (std::exchange(parent.key_is_bad, false)) return dropped_.emplace_back(std::move(node));
    node.key = parent.key;
    node.key_at = parent.key_at;
    return parent.node->children.emplace_back(std::move(node));
  }
  switch (node.kind) {
    case Node::Kind::scalar:
      parent.key = node.text;
      parent.key_at = node.at;
      break;
    case Node::Kind::broken: parent.key_is_bad = true; break;
    case Node::Kind::null: bad_key(node.at, "a key is missing here"); break;
    case Node::Kind::sequence:
    case Node::Kind::map:
      bad_key(node.at, "a key is plain text; put a value that begins with [ or { in quotes");
      return dropped_.emplace_back(std::move(node));
  }
  return root_;  // nobody adds to a key that has no children
}

const Node* find(const Node& map, std::string_view key) {
  for (const Node& value : map.children) {
    if (value.key == key) return &value;
  }
  return nullptr;
}

std::string_view describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null: return "nothing";
    case Node::Kind::scalar: return "a text";
    case Node::Kind::sequence: return "a list";
    case Node::Kind::map: return "a mapping";
    case Node::Kind::broken: return "a fault";
  }
  return "nothing";
}

}  // namespace triaged::config::yaml
