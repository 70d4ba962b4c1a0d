// Effects → the files that replay was asked for.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "daemon/replay/output_file.hpp"
#include "daemon/replay/replay_log.hpp"

namespace triaged::replay {

struct DocumentOutputs {
  std::optional<OutputFile> incidents;
  std::optional<OutputFile> memberships;
  std::optional<OutputFile> records;
};

/// Formats documents as NDJSON. Not thread-safe.
class DocumentSink final : public EffectSink {
 public:
  /// With `final_only`, incidents are kept until finish() and only the last document of each is written, by number.
  DocumentSink(DocumentOutputs outputs, std::string prefix, bool final_only);

  void take(Effects& effects) override;
  /// Writes what is left and closes the files.
  void finish();

  /// The first write that failed, as a sentence.
  [[nodiscard]] std::optional<std::string> error() const;
  /// Whoever read our standard output has gone, and nothing else is being written.
  [[nodiscard]] bool nobody_reads() const;
  /// Label sets that are in no incident by the last word of them, by reason.
  [[nodiscard]] std::map<std::string, std::uint64_t> unplaced() const;

 private:
  void take_incidents(std::vector<IncidentDocument>& documents);
  void write_incident(const IncidentDocument& document);
  void take_memberships(const std::vector<Membership>& memberships);
  void take_records(const std::vector<AlertRecord>& records);

  DocumentOutputs outputs_;
  std::string prefix_;
  bool final_only_;
  std::map<IncidentKey, IncidentDocument> last_;
  std::set<std::string> reasons_;
  boost::unordered_flat_map<std::uint64_t, const std::string*> unplaced_;  // reason by fingerprint
};

}  // namespace triaged::replay
