#include "connectors/readmodel/incident_writer.hpp"

#include <algorithm>
#include <vector>

namespace triaged::readmodel {
namespace {

constexpr char kBehindService = '\xFF';  // stands in no UTF-8 text

std::string join(const std::vector<std::string>& services) {
  std::string joined;
  for (const auto& service : services) (joined += service) += kBehindService;
  return joined;
}

/// Views of `joined`.
std::vector<std::string_view> split(std::string_view joined) {
  std::vector<std::string_view> services;
  while (!joined.empty()) {
    const auto end = joined.find(kBehindService);
    services.push_back(joined.substr(0, end));
    joined.remove_prefix(end + 1);
  }
  return services;
}

}  // namespace

IncidentWriter::IncidentWriter(Preparing& prepare)
    : find_(prepare("SELECT state, priority, title, root, services, opened_at, started_at FROM incidents WHERE "
                    "key = ?")),
      upsert_(prepare(
          "INSERT INTO incidents VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16) ON CONFLICT(key) DO "
          "UPDATE SET rank=?2, state=?3, priority=?4, severity=?5, rule=?6, root=?7, team=?8, assignee=?9, title=?10, "
          "services=?11, started_at=?12, opened_at=?13, updated_at=?14, id=?15, document=?16")),
      update_in_place_(prepare("UPDATE incidents SET severity=?5, rule=?6, root=?7, team=?8, assignee=?9, title=?10, "
                               "services=?11, updated_at=?14, id=?15, document=?16 WHERE key=?1")),
      add_revision_(
          prepare("INSERT OR REPLACE INTO timeline(incident, number, at, change, state, priority, alert_count, title, "
                  "root) VALUES(?,?,?,?,?,?,?,?,?)")),
      add_command_(
          prepare("INSERT OR REPLACE INTO timeline(incident, number, at, change, document) VALUES(?,?,?,?,?)")),
      add_service_(prepare("INSERT OR IGNORE INTO incident_services VALUES(?1, ?2)")),
      remove_service_(prepare("DELETE FROM incident_services WHERE service = ?1 AND incident = ?2")),
      last_of_service_(prepare("INSERT INTO services(name, last_incident) VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE "
                               "SET last_incident = max(coalesce(last_incident, 0), ?2)")),
      count_(prepare("INSERT INTO incident_counts VALUES(?1, ?2, ?3) ON CONFLICT(state, priority) DO UPDATE SET "
                     "incidents = incidents + ?3")),
      over_(prepare("SELECT key, state, priority, services FROM incidents WHERE updated_at < ? AND rank = ? LIMIT ?")),
      remove_(prepare("DELETE FROM incidents WHERE key = ?")),
      remove_timeline_(prepare("DELETE FROM timeline WHERE incident = ?")) {}

std::expected<IncidentWriter::Touched*, sqlite::Error> IncidentWriter::touch(std::int64_t key) {
  const auto [at, added] = touched_.try_emplace(key);
  Touched& incident = at->second;
  if (!added) return &incident;
  const auto row = find_.bind(1, key).step();
  if (!row) return std::unexpected(row.error());
  if (*row) {
    incident.stored = true;
    incident.stored_as = {find_.integer(0), find_.integer(1)};
    incident.fields.title = find_.text(2);
    incident.fields.root_service = find_.text(3);
    incident.stored_services = find_.blob(4);
    incident.stored_opened = find_.integer(5);
    incident.stored_started = find_.integer(6);
  }
  find_.reset();
  return &incident;
}

sqlite::Status IncidentWriter::add(const wire::IncidentFields& fields, std::int64_t output, std::string_view document) {
  const std::int64_t key = pack(fields.key);
  const auto touched = touch(key);
  if (!touched) return std::unexpected(touched.error());
  Touched& incident = **touched;
  const bool first = !incident.stored && incident.document.empty();
  add_revision_.bind(1, key).bind(2, output).bind(3, pack(fields.updated_at));
  add_revision_.bind(4, static_cast<std::int64_t>(fields.change)).bind(5, static_cast<std::int64_t>(fields.state));
  add_revision_.bind(6, fields.priority).bind(7, static_cast<std::int64_t>(fields.alert_count));
  // Most revisions change neither, and titles are long.
  const bool new_title = first || incident.fields.title != fields.title;
  const bool new_root = first ? !fields.root_service.empty() : incident.fields.root_service != fields.root_service;
  new_title ? add_revision_.bind(8, fields.title) : add_revision_.bind_null(8);
  new_root ? add_revision_.bind(9, fields.root_service) : add_revision_.bind_null(9);
  auto added = add_revision_.run();
  incident.fields = fields;
  incident.document = document;
  return added;
}

sqlite::Status IncidentWriter::add(const wire::AuditFields& fields, std::int64_t output, std::string_view document) {
  add_command_.bind(2, output).bind(3, pack(fields.at)).bind(4, kCommandRow).bind(5, document);
  if (fields.incident) {
    // Who names an incident that is not there is refused, and leaves nothing behind for one that comes later.
    const auto touched = touch(pack(*fields.incident));
    if (!touched) return std::unexpected(touched.error());
    const bool there = (*touched)->stored || !(*touched)->document.empty();
    if (!there && !fields.accepted) return {};
    if (auto added = add_command_.bind(1, pack(*fields.incident)).run(); !added) return added;
  }
  if (!fields.other || fields.other == fields.incident) return {};
  return add_command_.bind(1, pack(*fields.other)).run();
}

sqlite::Status IncidentWriter::flush() {
  for (auto& [key, incident] : touched_) {
    if (incident.document.empty()) continue;
    if (auto written = write(key, incident); !written) return written;
  }
  if (auto written = write_counts(); !written) return written;
  clear();
  return {};
}

void IncidentWriter::clear() {
  touched_.clear();
  counts_.clear();
}

sqlite::Status IncidentWriter::write(std::int64_t key, Touched& incident) {
  const auto& fields = incident.fields;
  incident.services = join(fields.services);
  const StateAndPriority now{static_cast<std::int64_t>(fields.state), fields.priority};
  // Indexes whose columns a statement does not name are left alone.
  const bool in_place = incident.stored && incident.stored_as == now &&
                        incident.stored_opened == pack(fields.opened_at) &&
                        incident.stored_started == pack(fields.started_at);
  auto& statement = in_place ? update_in_place_ : upsert_;
  statement.bind(1, key).bind(5, static_cast<std::int64_t>(fields.severity)).bind(6, fields.rule);
  statement.bind(7, fields.root_service).bind(8, fields.team).bind(9, fields.assignee).bind(10, fields.title);
  statement.bind_blob(11, incident.services).bind(14, pack(fields.updated_at)).bind(15, fields.id);
  statement.bind(16, incident.document);
  if (!in_place) {
    statement.bind(2, rank(fields.state, fields.priority)).bind(3, now.first).bind(4, now.second);
    statement.bind(12, pack(fields.started_at)).bind(13, pack(fields.opened_at));
  }
  if (auto written = statement.run(); !written) return written;
  if (incident.stored) --counts_[incident.stored_as];
  ++counts_[now];
  return incident.services == incident.stored_services ? sqlite::Status() : replace_services(key, incident);
}

sqlite::Status IncidentWriter::replace_services(std::int64_t key, const Touched& incident) {
  const auto before = split(incident.stored_services);
  const auto now = split(incident.services);
  for (const auto service : before) {
    if (std::ranges::find(now, service) != now.end()) continue;
    if (auto removed = remove_service_.bind(1, service).bind(2, key).run(); !removed) return removed;
  }
  for (const auto service : now) {
    if (std::ranges::find(before, service) != before.end()) continue;
    if (auto added = add_service_.bind(1, service).bind(2, key).run(); !added) return added;
    if (auto told = last_of_service_.bind(1, service).bind(2, key).run(); !told) return told;
  }
  return {};
}

sqlite::Status IncidentWriter::write_counts() {
  for (const auto& [what, difference] : counts_) {
    if (difference == 0) continue;
    auto written = count_.bind(1, what.first).bind(2, what.second).bind(3, difference).run();
    if (!written) return written;
  }
  return {};
}

std::expected<std::size_t, sqlite::Error> IncidentWriter::prune(Time before, std::size_t at_most) {
  struct Over {
    std::int64_t key;
    std::string services;
  };
  std::vector<Over> over;
  over_.bind(1, pack(before)).bind(2, kRankOver).bind(3, static_cast<std::int64_t>(at_most));
  for (;;) {
    const auto row = over_.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    over.push_back({over_.integer(0), std::string(over_.blob(3))});
    --counts_[{over_.integer(1), over_.integer(2)}];
  }
  for (const auto& incident : over) {
    auto removed = remove_timeline_.bind(1, incident.key).run();
    if (removed) removed = remove_.bind(1, incident.key).run();
    for (const auto service : split(incident.services)) {
      if (removed) removed = remove_service_.bind(1, service).bind(2, incident.key).run();
    }
    if (!removed) return std::unexpected(removed.error());
  }
  const auto written = write_counts();
  clear();
  if (!written) return std::unexpected(written.error());
  return over.size();
}

}  // namespace triaged::readmodel
