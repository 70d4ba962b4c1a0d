#include "connectors/readmodel/alert_query.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

#include "connectors/readmodel/cursor.hpp"
#include "connectors/readmodel/schema.hpp"
#include "connectors/readmodel/sql.hpp"
#include "connectors/wire/json_text.hpp"

namespace triaged::readmodel {
namespace {

Conditions conditions_of(const AlertQuery& query, QueryDigest& digest) {
  Conditions conditions;
  digest.add("states");
  std::vector<Conditions::Value> states;
  for (const auto state : query.states) {
    digest.add(static_cast<std::int64_t>(state));
    states.emplace_back(static_cast<std::int64_t>(state));
  }
  // In the words of the partial index.
  if (!states.empty() && std::ranges::all_of(query.states, is_active)) conditions.add("state IN (0, 2)", {});
  conditions.add_any("state", std::move(states));
  digest.add("services");
  for (const auto& service : query.services) digest.add(service);
  conditions.add_any("service", {query.services.begin(), query.services.end()});
  if (query.fingerprint) {
    const auto bits = std::bit_cast<std::int64_t>(*query.fingerprint);
    digest.add("fingerprint");
    digest.add(bits);
    conditions.add("fingerprint = ?", {bits});
  }
  if (query.incident) {
    digest.add("incident");
    digest.add(pack(*query.incident));
    conditions.add("incident = ?", {pack(*query.incident)});
  }
  if (query.in_none) {
    digest.add("none");
    conditions.add("incident IS NULL", {});
  }
  digest.add(query.reason);
  if (!query.reason.empty()) conditions.add("reason LIKE ? ESCAPE '\\'", {Conditions::containing(query.reason)});
  for (const auto& matcher : query.matchers) digest.add(matcher.text());
  return conditions;
}

/// What stands in the document of every alert that the matchers take: labels that must have one value.
std::vector<std::string> needed_texts(const Matchers& matchers) {
  std::vector<std::string> needed;
  for (const auto& matcher : matchers) {
    if (matcher.op() != MatchOp::equal || matcher.value().empty()) continue;
    auto& text = needed.emplace_back();
    wire::append_string(text, matcher.name());
    text += ':';
    wire::append_string(text, matcher.value());
  }
  return needed;
}

class Matching {
 public:
  Matching(AlertMatching& memory, const Matchers& matchers)
      : memory_(memory), matchers_(matchers), needed_(needed_texts(matchers)) {}

  bool takes(std::string_view document) {
    if (matchers_.empty()) return true;
    for (const auto& text : needed_) {
      if (document.find(text) == std::string_view::npos) return false;
    }
    return memory_.reader.read_labels(document, memory_.labels) && matches_all(matchers_, LabelsView(memory_.labels));
  }

 private:
  AlertMatching& memory_;
  const Matchers& matchers_;
  std::vector<std::string> needed_;
};

}  // namespace

std::expected<Page, QueryError> list_alerts(sqlite::Database& database, AlertMatching& memory, const AlertQuery& query,
                                            const PageRequest& request) {
  QueryDigest digest;
  digest.add("alerts");
  Conditions conditions = conditions_of(query, digest);
  if (!request.cursor.empty()) {
    const auto place = decode_cursor(request.cursor, digest.value(), 1);
    if (!place) return std::unexpected(bad_cursor());
    conditions.add("id < ?", {place->front()});
  }
  const auto snapshot = sqlite::Transaction::begin(database, sqlite::Transaction::Kind::read);
  if (!snapshot) return std::unexpected(failed(snapshot.error()));
  // Ids alone are sorted, where they must be; documents are read one by one.
  auto ids = database.prepare("SELECT id FROM alerts" + conditions.text() + " ORDER BY id DESC");
  if (!ids) return std::unexpected(failed(ids.error()));
  auto document = database.prepare("SELECT document FROM alerts WHERE id = ?");
  if (!document) return std::unexpected(failed(document.error()));
  conditions.bind(*ids);
  Matching matching(memory, query.matchers);
  Page page;
  std::int64_t last = 0;
  for (std::size_t tried = 0;; ++tried) {
    const auto row = ids->step();
    if (!row) return std::unexpected(failed(row.error()));
    if (!*row) return page;
    if (page.documents.size() == request.limit || tried == kAlertsPerCall) {
      page.next = encode_cursor(digest.value(), {last});
      return page;
    }
    last = ids->integer(0);
    const auto found = document->bind(1, last).step();
    if (!found) return std::unexpected(failed(found.error()));
    if (*found && matching.takes(document->text(0))) page.documents.emplace_back(document->text(0));
    document->reset();
  }
}

}  // namespace triaged::readmodel
