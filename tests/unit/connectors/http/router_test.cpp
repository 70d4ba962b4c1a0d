#include "connectors/http/router.hpp"

#include <catch2/catch.hpp>

#include "connectors/http/limits/memory_budget.hpp"

using namespace triaged::http;

namespace {

Router make(const std::vector<std::pair<Method, std::string>>& routes) {
  Router router;
  for (const auto& [method, pattern] : routes) {
    router.add({method, pattern, {}, [](const Request&, Respond respond) { respond(empty(204)); }});
  }
  return router;
}

/// The pattern and what was captured; else what is allowed; else "none".
std::string found(const Router& router, std::optional<Method> method, const std::vector<std::string>& segments) {
  const auto match = router.match(method, segments);
  if (const auto* other = std::get_if<Router::OtherMethods>(&match)) return other->allowed;
  const auto* route = std::get_if<Router::Match>(&match);
  if (route == nullptr) return "none";
  std::string text = route->route->pattern;
  for (const Parameter& capture : route->captures) text += " " + capture.name + "=" + capture.value;
  return text;
}

}  // namespace

TEST_CASE("a path finds its route, in whatever order they were added", "[http]") {
  std::vector<std::pair<Method, std::string>> routes = {
      {Method::get, "/"},      {Method::get, "/a/{id}"},          {Method::get, "/a/new"}, {Method::post, "/a/{id}"},
      {Method::get, "/{x}/b"}, {Method::get, "/a/{id}/timeline"}, {Method::head, "/a/new"}};
  for (std::size_t i = 0; i < routes.size(); ++i) {
    std::rotate(routes.begin(), routes.begin() + 1, routes.end());
    const Router router = make(routes);
    CHECK(found(router, Method::get, {""}) == "/");
    CHECK(found(router, Method::get, {"a", "7"}) == "/a/{id} id=7");
    CHECK(found(router, Method::head, {"a", "7"}) == "/a/{id} id=7");
    CHECK(found(router, Method::post, {"a", "7"}) == "/a/{id} id=7");
    CHECK(found(router, Method::get, {"a", "new"}) == "/a/new");
    CHECK(found(router, Method::get, {"z", "b"}) == "/{x}/b x=z");
    CHECK(found(router, Method::get, {"a", "7", "timeline"}) == "/a/{id}/timeline id=7");
    CHECK(found(router, Method::put, {"a", "7"}) == "GET, HEAD, POST, OPTIONS");
    CHECK(found(router, std::nullopt, {"a", "7"}) == "GET, HEAD, POST, OPTIONS");
    CHECK(found(router, Method::get, {"a", ""}) == "none");
    CHECK(found(router, Method::get, {"a"}) == "none");
    CHECK(found(router, Method::get, {}) == "none");
  }
}

TEST_CASE("an answer is owed", "[http]") {
  std::vector<int> answers;
  const auto owe = [&] { return Respond([&](Response response) { answers.push_back(response.status); }); };
  {
    Respond respond = owe();
  }
  CHECK(answers == std::vector<int>{500});
  {
    Respond respond = owe();
    Respond moved = std::move(respond);
    moved(empty(204));
  }
  CHECK(answers == std::vector<int>{500, 204});
  Respond respond = owe();
  respond = owe();
  CHECK(answers.size() == 3);
}

TEST_CASE("memory is given in the order in which it was asked for", "[http]") {
  MemoryBudget budget(100);
  Reservation first = budget.try_take(80);
  CHECK(first.held());
  CHECK_FALSE(budget.try_take(30).held());
  std::vector<int> order;
  std::vector<Reservation> got;
  const auto wait = [&](std::uint64_t bytes, int name) {
    budget.take(bytes, [&, name](Reservation reservation) {
      order.push_back(name);
      got.push_back(std::move(reservation));
    });
  };
  wait(90, 1);
  wait(10, 2);
  CHECK_FALSE(budget.try_take(5).held());  // others wait already
  CHECK(order.empty());
  CHECK(first.extend(20));  // who holds some never waits
  CHECK_FALSE(first.extend(1));
  first = {};
  CHECK(order == std::vector<int>{1, 2});
  got.clear();
  CHECK(budget.try_take(100).held());
  CHECK(budget.try_take(100).held());
}
