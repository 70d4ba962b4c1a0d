// The API without a socket: the router, a read model, and stand-ins for the rest of the daemon.
#pragma once

#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <catch2/catch.hpp>

#include "daemon/api/api.hpp"
#include "daemon/api/read_model_clock.hpp"
#include "tests/unit/connectors/readmodel/model.hpp"

namespace triaged::test {

struct FakeAlertIntake final : api::AlertIntake {
  std::vector<std::string> sources{"prometheus", "other"};
  api::AlertReceipt receipt;
  std::string source;
  std::string payload;

  [[nodiscard]] std::vector<std::string> http_sources() const override { return sources; }
  void submit(const std::string& to, std::string body, std::move_only_function<void(api::AlertReceipt)> done) override {
    source = to;
    payload = std::move(body);
    done(receipt);
  }
};

struct FakeCommandIntake final : api::CommandIntake {
  api::CommandReceipt receipt;
  std::vector<std::string> texts;

  void submit(std::string text, std::move_only_function<void(api::CommandReceipt)> done) override {
    texts.push_back(std::move(text));
    done(receipt);
  }
};

/// Says at once what the test decided.
struct FakeWaiter final : api::ReadModelWaiter {
  bool caught_up = true;
  Time asked{};
  std::uint32_t shard = 0;
  void wait(std::uint32_t of, Time clock, Duration /*at_most*/, std::move_only_function<void(bool)> done) override {
    shard = of;
    asked = clock;
    done(caught_up);
  }
};

struct FakeDaemon final : api::StatusSource, api::Readiness, api::Reloader {
  api::StatusReport report;
  std::shared_ptr<Bundle> rules = std::make_shared<Bundle>();
  std::vector<std::string> reasons;
  api::ReloadResult reloaded;

  [[nodiscard]] api::StatusReport status() const override { return report; }
  [[nodiscard]] std::shared_ptr<const Bundle> bundle() const override { return rules; }
  [[nodiscard]] std::vector<std::string> not_ready() const override { return reasons; }
  void reload(std::move_only_function<void(api::ReloadResult)> done) override { done(reloaded); }
};

class Api {
 public:
  Model model;
  FakeAlertIntake alerts;
  FakeCommandIntake commands;
  FakeWaiter waiter;
  FakeDaemon daemon;
  readmodel::ReaderPool readers{model.file()};
  api::Workers workers{1, 100};

  Api() { add_to(router_); }

  void add_to(http::Router& router) {
    api::add_resources(router, {.alerts = alerts,
                                .commands = commands,
                                .read_model = waiter,
                                .status = daemon,
                                .readiness = daemon,
                                .reloader = daemon,
                                .readers = readers,
                                .workers = workers,
                                .render_metrics =
                                    [](std::string_view accept) {
                                      return api::MetricsText{"text/x", "accepts " + std::string(accept) + "\n"};
                                    },
                                .make_key = [] { return std::string("made"); }});
  }

  http::Response get(const std::string& path, http::Parameters query = {}) {
    http::Request request;
    request.path = path;
    request.query = std::move(query);
    return ask(std::move(request));
  }
  http::Response post(const std::string& path, std::string body, http::Parameters query = {}) {
    http::Request request;
    request.method = http::Method::post;
    request.path = path;
    request.query = std::move(query);
    request.body = std::move(body);
    return ask(std::move(request));
  }
  http::Response ask(http::Request request) {
    std::vector<std::string> segments;
    for (std::size_t begin = 1; begin <= request.path.size();) {
      const auto end = std::min(request.path.find('/', begin), request.path.size());
      segments.push_back(request.path.substr(begin, end - begin));
      begin = end + 1;
    }
    auto match = router_.match(request.method, segments);
    auto* found = std::get_if<http::Router::Match>(&match);
    REQUIRE(found != nullptr);
    request.captures = std::move(found->captures);
    std::promise<http::Response> answered;
    auto answer = answered.get_future();
    found->route->handler(std::move(request),
                          http::Respond([answered = std::move(answered)](http::Response response) mutable {
                            answered.set_value(response);
                          }));
    return answer.get();
  }

 private:
  http::Router router_;
};

}  // namespace triaged::test
