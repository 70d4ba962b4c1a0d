// What can be asked of the read model, and what comes back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rules/match/matcher.hpp"
#include "rules/model/incident.hpp"
#include "rules/model/severity.hpp"
#include "rules/model/time.hpp"

namespace triaged::readmodel {

/// Why there is no answer. `bad_cursor`: it is none of ours, or of another query. `damaged`: the file may be, or is
/// gone.
struct QueryError {
  enum class Kind : std::uint8_t { bad_cursor, failed, damaged } kind = Kind::failed;
  std::string message;
};

[[nodiscard]] inline QueryError bad_cursor() {
  return {QueryError::Kind::bad_cursor, "the cursor is none of this query's: leave it out to begin at the start"};
}

inline constexpr std::size_t kMaxPage = 1000;

/// Which part of a list: at most `limit` entries behind the place that `cursor` names (empty: from the start).
struct PageRequest {
  std::size_t limit = 100;
  std::string cursor;
};

/// Documents as JSON. `next` is the cursor of what follows; empty: nothing does.
struct Page {
  std::vector<std::string> documents;
  std::string next;
};

/// Filters hold together; an empty one holds for everything, and of several values of one filter any will do. An entry
/// that changes while a list is paged through may move in it; one that does not is seen once.
struct IncidentQuery {
  std::vector<IncidentState> states{};
  std::vector<std::uint8_t> priorities{};  // 1 to 5
  std::vector<Severity> severities{};
  std::vector<std::string> services{};  // affected
  std::vector<std::string> rules{};
  std::vector<std::string> teams{};
  std::vector<std::string> assignees{};
  std::optional<Time> since{};  // updated at or after
  std::optional<Time> until{};  // updated before
  std::optional<Time> started_since{};
  std::optional<Time> started_until{};
  std::string text{};  // in the title or the id, letters of ASCII in either case

  enum class Order : std::uint8_t {
    urgency,  // open and acknowledged ones by priority, then resolved, then the others; each the newest first
    updated,
    started,
    number,
  } order = Order::urgency;
  bool descending = true;  // urgency has this order alone
};

struct AlertQuery {
  std::vector<AlertState> states{};
  std::vector<std::string> services{};
  std::optional<Fingerprint> fingerprint{};
  std::optional<IncidentKey> incident{};
  bool in_none = false;  // in no incident
  std::string reason{};  // a part of it, letters of ASCII in either case
  Matchers matchers{};
};

struct SilenceQuery {
  std::vector<std::string> states{};  // pending, active, expired
};

/// So many incidents are in that state, with that priority; none of 0.
struct IncidentCount {
  IncidentState state{};
  std::uint8_t priority = 0;
  std::uint64_t incidents = 0;
};

/// A service that alerts or incidents named.
struct ServiceRow {
  std::string name{};
  std::uint64_t open[6] = {};   // incidents that are open or acknowledged, by priority; [0]: all
  std::uint64_t alerts = 0;     // that fire
  std::string last_incident{};  // the id; empty: none is kept
};

}  // namespace triaged::readmodel
