#include "connectors/readmodel/alert_writer.hpp"

#include <bit>

namespace triaged::readmodel {
AlertWriter::AlertWriter(Preparing& prepare)
    : find_(prepare("SELECT id, state, service, incident, document FROM alerts WHERE fingerprint = ? AND shard = ?")),
      insert_(prepare("INSERT INTO alerts(state, service, incident, reason, at, document, fingerprint, shard) "
                      "VALUES(?,?,?,?,?,?,?,?)")),
      update_(
          prepare("UPDATE alerts SET state=?1, service=?2, incident=?3, reason=?4, at=?5, document=?6 WHERE id=?7")),
      update_in_place_(prepare("UPDATE alerts SET state=?1, reason=?4, at=?5, document=?6 WHERE id=?7")),
      count_(prepare("INSERT INTO services(name, active) VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET active = "
                     "active + ?2")),
      remove_(
          prepare("DELETE FROM alerts WHERE id IN (SELECT id FROM alerts WHERE state IN (1, 3) AND at < ? LIMIT ?)")) {}

void AlertWriter::add(std::uint32_t shard, const wire::AlertFields& fields, std::string_view document) {
  auto place = places_.find({shard, fields.labels});
  if (place == places_.end()) {
    const std::string& labels = last_.emplace_back(shard, fields.labels, fields, document).labels;
    places_.emplace(std::pair(shard, std::string_view(labels)), last_.size() - 1);
    return;
  }
  last_[place->second].fields = fields;
  last_[place->second].document = document;
}

void AlertWriter::clear() {
  last_.clear();
  places_.clear();
  active_.clear();
}

std::expected<AlertWriter::Stored, sqlite::Error> AlertWriter::find(const Last& alert) {
  find_.bind(1, std::bit_cast<std::int64_t>(alert.fields.fingerprint)).bind(2, alert.shard);
  Stored stored;
  for (;;) {
    const auto row = find_.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return stored;
    // Fingerprints collide; labels tell.
    if (!reader_.read_labels(find_.text(4), stored_labels_) || stored_labels_ != alert.labels) continue;
    stored.id = find_.integer(0);
    stored.active = is_active(static_cast<AlertState>(find_.integer(1)));
    stored.service = find_.text(2);
    stored.incident = find_.integer(3);
    find_.reset();
    return stored;
  }
}

sqlite::Status AlertWriter::write(const Last& alert) {
  const auto stored = find(alert);
  if (!stored) return std::unexpected(stored.error());
  const auto& fields = alert.fields;
  // Indexes whose columns a statement does not name are left alone.
  const bool in_place =
      stored->service == fields.service && stored->incident == (fields.incident ? pack(*fields.incident) : 0);
  auto& statement = stored->id == 0 ? insert_ : in_place ? update_in_place_ : update_;
  statement.bind(1, static_cast<std::int64_t>(fields.state));
  fields.service.empty() ? statement.bind_null(2) : statement.bind(2, fields.service);
  fields.incident ? statement.bind(3, pack(*fields.incident)) : statement.bind_null(3);
  fields.reason.empty() ? statement.bind_null(4) : statement.bind(4, fields.reason);
  statement.bind(5, pack(fields.at)).bind(6, alert.document);
  statement.bind(7, stored->id == 0 ? std::bit_cast<std::int64_t>(fields.fingerprint) : stored->id);
  if (stored->id == 0) statement.bind(8, alert.shard);
  if (stored->active && !stored->service.empty()) --active_[stored->service];
  // A service is known from its first alert on, be it over.
  if (!fields.service.empty()) active_[fields.service] += is_active(fields.state) ? 1 : 0;
  return statement.run();
}

sqlite::Status AlertWriter::flush() {
  for (const auto& alert : last_) {
    if (auto written = write(alert); !written) return written;
  }
  for (const auto& [service, difference] : active_) {
    if (auto written = count_.bind(1, service).bind(2, difference).run(); !written) return written;
  }
  clear();
  return {};
}

std::expected<std::size_t, sqlite::Error> AlertWriter::prune(sqlite::Database& database, Time before,
                                                             std::size_t at_most) {
  const auto removed = remove_.bind(1, pack(before)).bind(2, static_cast<std::int64_t>(at_most)).run();
  if (!removed) return std::unexpected(removed.error());
  return static_cast<std::size_t>(database.changes());
}

}  // namespace triaged::readmodel
