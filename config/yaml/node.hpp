// YAML as a tree of our own: every key and value with its place, every scalar with its text as written.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/yaml/source.hpp"

namespace triaged::config::yaml {

struct Node {
  /// `broken`: a fault stands here and is reported; readers pass over it in silence.
  enum class Kind : std::uint8_t { null, scalar, sequence, map, broken };
  Kind kind = Kind::null;
  bool quoted = false;  // a scalar in quotes or a block scalar: text whatever it looks like
  bool flow = false;    // [..] or {..}, or something inside one
  Position at;
  Position key_at;             // for a value in a map
  std::string_view key;        // for a value in a map
  std::string_view text;       // of a scalar
  std::vector<Node> children;  // of a sequence or a map, in file order; the keys of a map are unique

  [[nodiscard]] bool is(Kind wanted) const { return kind == wanted; }
};

/// The value of `key` in a map, or nullptr.
[[nodiscard]] const Node* find(const Node& map, std::string_view key);

/// "a list", "a mapping", …: for messages.
[[nodiscard]] std::string_view describe(const Node& node);

struct Limits {
  std::string_view what = "rule file";  // "a rule file has at most 1 MiB"
  std::size_t bytes = std::size_t{1} << 20U;
  std::size_t depth = 32;
  std::size_t values = 4'000'000;
};

/// One parsed file. Views in its nodes point into it. Movable.
struct Document {
  std::unique_ptr<const Source> source;
  std::unique_ptr<Faults> faults;
  std::deque<std::string> kept_texts;  // scalars that do not stand in the source as they are
  Node root;                           // null where the file is empty
  bool usable = false;                 // false: not YAML, or not ours; `root` is null and `faults` say why
};

/// Never hangs or throws, whatever the bytes. Refused: what is not UTF-8 text, anchors, aliases, tags, tabs in
/// indentation, duplicate keys, keys that are not plain text, more than one document, and what exceeds `limits`.
/// After a fault in one line the lines around it are read all the same where that is possible.
[[nodiscard]] Document parse(std::string name, std::string text, const Limits& limits);

}  // namespace triaged::config::yaml
