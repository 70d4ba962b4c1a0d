// Which handler serves a request, and who may ask for it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/settings/settings.hpp"  // Role
#include "connectors/http/message.hpp"
#include "connectors/http/respond.hpp"

namespace triaged::http {

/// Called on an I/O thread: quick, never waiting; what takes longer moves `respond` to where it is done. What it throws
/// is answered with 500.
using Handler = std::function<void(Request request, Respond respond)>;

struct Route {
  Method method = Method::get;
  std::string pattern;               // "/api/v1/incidents/{id}/timeline"; {id} takes one segment, not empty
  std::optional<config::Role> role;  // the least that a user needs; nothing: open to everybody
  Handler handler;
  std::uint64_t max_body = UINT64_MAX;  // bytes, where the listener's limit is more than is needed
};

/// Filled before the server starts, then immutable: thread-safe.
class Router {
 public:
  /// GET routes answer HEAD too, unless there is one for it. Patterns that differ in places of captures alone, or a
  /// method twice, are a broken invariant.
  void add(Route route);

  struct Match {
    const Route* route = nullptr;
    Parameters captures;
  };
  /// The path exists, the method does not: these do ("GET, HEAD, OPTIONS").
  struct OtherMethods {
    std::string allowed;
  };
  struct NotFound {};
  /// Literal segments go before captures. `segments`: decoded. No method: one that is not ours.
  [[nodiscard]] std::variant<Match, OtherMethods, NotFound> match(std::optional<Method> method,
                                                                  const std::vector<std::string>& segments) const;

 private:
  struct Segment {
    std::string text;  // the name, of a capture
    bool captures = false;
    friend bool operator==(const Segment&, const Segment&) = default;
  };
  struct Path {
    std::vector<Segment> segments;
    std::vector<Route> routes;
    [[nodiscard]] const Route* find(Method method) const;
    [[nodiscard]] std::string allowed() const;
  };
  [[nodiscard]] static std::vector<Segment> parse(std::string_view pattern);
  [[nodiscard]] static bool matches(const Path& path, const std::vector<std::string>& segments);

  std::vector<Path> paths_;  // literal segments first, so that the first that matches is the one
};

}  // namespace triaged::http
