#include <utility>

#include <catch2/catch.hpp>

#include "connectors/wire/alert_decoder.hpp"
#include "daemon/cli/demo/demo_board.hpp"
#include "daemon/cli/demo/demo_estate.hpp"

using namespace triaged;
using namespace triaged::cli;

namespace {

IncidentDocument document(std::uint64_t number, std::uint8_t priority, const char* cause) {
  IncidentDocument incident;
  incident.key = {0, number};
  incident.priority = priority;
  incident.title = "a title";
  incident.alert_count = 3;
  incident.updated_at = kDemoStart;
  incident.root = RootCause{cause, std::nullopt, "it failed first", {}};
  return incident;
}

void publish(DemoBoard& board, IncidentDocument incident) {
  Effects effects;
  effects.incidents.push_back(std::move(incident));
  board.take(effects);
}

}  // namespace

TEST_CASE("the demo's alerts are good, in order, and the same for one seed") {
  const auto alerts = demo_alerts(3);
  CHECK(alerts == demo_alerts(3));
  CHECK(alerts != demo_alerts(4));
  wire::AlertDecoder decoder;
  wire::AlertBatch batch;
  for (const auto& alert : alerts) decoder.decode(alert, 1, batch);
  CHECK(batch.rejections.empty());
  CHECK(batch.entries.size() == alerts.size());
  Time last = kDemoStart;
  for (const auto& entry : batch.entries) {
    REQUIRE(entry.received_at.has_value());
    CHECK(*entry.received_at >= last);
    CHECK(*entry.received_at < kDemoStart + kDemoLength);
    last = *entry.received_at;
  }
}

TEST_CASE("the board tells what is of importance, and only that") {
  DemoBoard board("INC");
  publish(board, document(1, 2, "orders-db"));
  CHECK(board.news() ==
        std::vector<std::string>{"14:00:00  INC-0-1    opened     P2    3 alerts  orders-db: it failed first"});

  auto joined = document(1, 2, "orders-db");
  joined.change = IncidentChange::updated;
  joined.alert_count = 9;
  publish(board, joined);
  CHECK(board.news().empty());

  joined.priority = 1;
  publish(board, joined);
  CHECK_THAT(board.news().at(0), Catch::Contains("escalated"));

  joined.root->service = "block-storage";
  publish(board, joined);
  CHECK_THAT(board.news().at(0), Catch::Contains("new cause") && Catch::Contains("block-storage"));
}

TEST_CASE("a merged incident is no longer counted or shown") {
  DemoBoard board("INC");
  publish(board, document(1, 2, "orders-db"));
  publish(board, document(2, 2, "checkout"));
  CHECK(board.incident_count() == 2);
  auto merged = document(2, 2, "checkout");
  merged.change = IncidentChange::merged;
  merged.state = IncidentState::merged;
  merged.merged_into = IncidentKey{0, 1};
  publish(board, merged);
  CHECK(board.incident_count() == 1);
  CHECK_THAT(board.news().back(), Catch::Contains("into INC-0-1"));
  for (const auto& line : board.table({80, 24}, false)) CHECK_THAT(line, !Catch::Contains("checkout"));
}

TEST_CASE("the table shows the worst first and fits every window") {
  DemoBoard board("INC");
  publish(board, document(1, 4, "notifications"));
  publish(board, document(2, 1, "orders-db"));
  publish(board, document(3, 2, "search-index"));
  const auto all = board.table({80, 24}, false);
  REQUIRE(all.size() == 7);
  CHECK_THAT(all[1], Catch::StartsWith("P1   INC-0-2"));
  CHECK(all[2] == "     cause: orders-db, it failed first");
  CHECK_THAT(all[5], Catch::StartsWith("P4   INC-0-1"));
  CHECK(board.table({80, 6}, false).size() == 4);  // no room for why
  CHECK(board.table({80, 3}, false).back() == "… and 2 more");
  for (std::size_t rows = 1; rows < 10; ++rows) {
    for (std::size_t columns = 0; columns < 60; columns += 7) {
      const auto lines = board.table({columns, rows}, false);
      CHECK(lines.size() <= std::max<std::size_t>(rows, 2));
      for (const auto& line : lines) CHECK(display_width(line) <= columns);
    }
  }
}

TEST_CASE("colour is there only where it is wanted") {
  DemoBoard board("INC");
  publish(board, document(1, 1, "orders-db"));
  CHECK_THAT(board.table({80, 24}, true).at(1), Catch::Contains("\x1b["));
  for (const auto& line : board.table({80, 24}, false)) CHECK_THAT(line, !Catch::Contains("\x1b"));
}
