#include "connectors/http/router.hpp"

#include <algorithm>

#include "rules/model/check.hpp"

namespace triaged::http {

void Router::add(Route route) {
  TRIAGED_CHECK(route.pattern.starts_with('/') && route.handler);
  auto segments = parse(route.pattern);
  const auto kinds = [](const std::vector<Segment>& list) {
    std::vector<std::pair<bool, std::string_view>> order;  // literal before capture, whose name tells nothing apart
    for (const Segment& segment : list) {
      order.emplace_back(segment.captures, segment.captures ? std::string_view() : std::string_view(segment.text));
    }
    return order;
  };
  const auto place = std::find_if(paths_.begin(), paths_.end(),
                                  [&](const Path& path) { return kinds(path.segments) >= kinds(segments); });
  if (place == paths_.end() || kinds(place->segments) != kinds(segments)) {
    Path path{.segments = std::move(segments), .routes = {}};
    path.routes.push_back(std::move(route));
    paths_.insert(place, std::move(path));
    return;
  }
  TRIAGED_CHECK(place->segments == segments);
  TRIAGED_CHECK(std::none_of(place->routes.begin(), place->routes.end(),
                             [&](const Route& other) { return other.method == route.method; }));
  place->routes.push_back(std::move(route));
}

std::vector<Router::Segment> Router::parse(std::string_view pattern) {
  std::vector<Segment> segments;
  for (std::size_t begin = 1; begin <= pattern.size();) {
    const auto end = std::min(pattern.find('/', begin), pattern.size());
    const std::string_view part = pattern.substr(begin, end - begin);
    const bool captures = part.starts_with('{') && part.ends_with('}');
    segments.push_back({std::string(captures ? part.substr(1, part.size() - 2) : part), captures});
    begin = end + 1;
  }
  return segments;
}

bool Router::matches(const Path& path, const std::vector<std::string>& segments) {
  return std::equal(path.segments.begin(), path.segments.end(), segments.begin(), segments.end(),
                    [](const Segment& pattern, const std::string& segment) {
                      return pattern.captures ? !segment.empty() : pattern.text == segment;
                    });
}

const Route* Router::Path::find(Method method) const {
  const auto found =
      std::find_if(routes.begin(), routes.end(), [&](const Route& route) { return route.method == method; });
  if (found != routes.end()) return &*found;
  return method == Method::head ? find(Method::get) : nullptr;
}

std::string Router::Path::allowed() const {
  std::string list;
  for (int i = 0; i <= static_cast<int>(Method::options); ++i) {
    const auto method = static_cast<Method>(i);
    if (method != Method::options && find(method) == nullptr) continue;
    if (!list.empty()) list += ", ";
    list += to_string(method);
  }
  return list;
}

std::variant<Router::Match, Router::OtherMethods, Router::NotFound> Router::match(
    std::optional<Method> method, const std::vector<std::string>& segments) const {
  const auto path =
      std::find_if(paths_.begin(), paths_.end(), [&](const Path& candidate) { return matches(candidate, segments); });
  if (path == paths_.end()) return NotFound{};
  const Route* route = method ? path->find(*method) : nullptr;
  if (route == nullptr) return OtherMethods{path->allowed()};
  Match match{.route = route, .captures = {}};
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (path->segments[i].captures) match.captures.push_back({path->segments[i].text, segments[i]});
  }
  return match;
}

}  // namespace triaged::http
