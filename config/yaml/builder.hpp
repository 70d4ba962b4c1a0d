// yaml-cpp's events → nodes.
#pragma once

#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include "config/yaml/node.hpp"

namespace triaged::config::yaml {

/// What stands in for a value whose line is no YAML, so that the rest of the file can be read.
inline constexpr std::string_view kBrokenValue = "x";

class Builder : public YAML::EventHandler {
 public:
  /// Thrown out of yaml-cpp to end a parse: it has no other way to be stopped.
  struct LimitExceeded {
    Position at;
    std::string message;
  };
  using Found = std::vector<std::pair<Position, std::string>>;

  /// `broken`: where kBrokenValue stands in for what was written. All arguments must outlive the builder.
  Builder(const Source& source, const Limits& limits, const std::set<Position>& broken,
          std::deque<std::string>& kept_texts);

  [[nodiscard]] Node& root() { return root_; }
  /// What this tree refuses though yaml-cpp takes it.
  [[nodiscard]] const Found& found() const { return found_; }
  /// Where the document begins, from 0.
  [[nodiscard]] int first_line() const { return first_line_; }

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override;
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAnchor(const YAML::Mark& mark, const std::string& name) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override;
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override;

 private:
  struct Open {
    Node* node;
    bool expects_key = false;
    bool key_is_bad = false;  // the value that follows is read and dropped
    bool had_bad_key = false;
    Position key_at = {};
    std::string_view key = {};
  };

  Node& add(Node node);
  void open(Node node, const std::string& tag, YAML::EmitterStyle::value style);
  void close();
  void check_colon(Open& map);
  void bad_key(Position at, std::string message);
  void check_tag(const std::string& tag, Position at);
  [[nodiscard]] Position place(const YAML::Mark& mark) const;
  [[nodiscard]] std::string_view keep(const std::string& value, Position at, bool quoted);

  const Source& source_;
  const Limits& limits_;
  const std::set<Position>& broken_;
  std::deque<std::string>& kept_texts_;
  Node root_;
  std::deque<Node> dropped_;  // keys that are no text, and their values
  std::vector<Open> open_;
  Found found_;
  std::size_t values_ = 0;
  Position last_{1, 1};
  int first_line_ = 0;
};

}  // namespace triaged::config::yaml
