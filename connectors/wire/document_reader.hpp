// Our own documents → what the read model keeps of them. They were written by document_writer and are trusted to be
// whole; what is not as it should be is still told, never assumed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/model/incident.hpp"
#include "rules/model/severity.hpp"
#include "rules/model/time.hpp"

namespace triaged::wire {

struct IncidentFields {
  std::string id;
  IncidentKey key;
  IncidentChange change{};
  IncidentState state{};
  std::string title;
  Severity severity{};
  std::uint8_t priority = 5;
  std::string rule;
  std::string root_service;
  std::vector<std::string> services;
  std::string team;
  std::string assignee;
  std::uint64_t alert_count = 0;
  Time started_at{};
  Time opened_at{};
  Time updated_at{};
};

struct AlertFields {
  Time at{};
  std::uint64_t fingerprint = 0;
  std::string labels;  // canonical, as LabelsView reads them
  AlertState state{};
  std::string service;
  std::optional<IncidentKey> incident;
  std::string reason;
};

struct AuditFields {
  Time at{};
  std::optional<IncidentKey> incident;
  std::optional<IncidentKey> other;  // into which it was merged; which was split off
  std::string incident_id;           // as the record has it; empty: none
  std::string new_incident_id;       // that was split off; empty: none
  std::string suppression;           // the id of a silence or maintenance window; empty: none
  bool accepted = false;
  std::string reason;  // why it was refused
};

struct SilenceFields {
  std::string id;
  std::string state;  // pending, active, expired
  Time updated_at{};
};

struct RejectionFields {
  std::string source;
  std::string reason;
  std::uint32_t input = 0;  // where it stood, in a log that does not number its records itself
  std::optional<std::uint64_t> offset;
};

/// Not thread-safe; reused, since it keeps its memory. Each read() fills all fields, or is false where `document` is
/// none of that kind.
class DocumentReader {
 public:
  DocumentReader();
  DocumentReader(const DocumentReader&) = delete;
  DocumentReader& operator=(const DocumentReader&) = delete;
  ~DocumentReader();

  bool read(std::string_view document, IncidentFields& fields);
  bool read(std::string_view document, AlertFields& fields);
  bool read(std::string_view document, AuditFields& fields);
  bool read(std::string_view document, SilenceFields& fields);
  bool read(std::string_view document, RejectionFields& fields);
  /// The canonical labels of an alert's document alone.
  bool read_labels(std::string_view document, std::string& labels);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

/// Of `INC-0-17`, whatever the prefix.
[[nodiscard]] std::optional<IncidentKey> parse_incident_id(std::string_view id);

/// Of to_string(); absent: none of them.
[[nodiscard]] std::optional<IncidentState> parse_incident_state(std::string_view text);
[[nodiscard]] std::optional<AlertState> parse_alert_state(std::string_view text);

}  // namespace triaged::wire
