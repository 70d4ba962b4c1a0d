// Answers from the read model. Each call sees one state of it, between two transactions of the writer.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/readmodel/queries.hpp"
#include "connectors/readmodel/read_model.hpp"

namespace triaged::readmodel {

template <typename T>
using Answer = std::expected<T, QueryError>;

/// A connection of its own. Not thread-safe: one thread at a time.
class ReadModelReader {
 public:
  /// The file is there: ReadModel::open() made it.
  static std::expected<ReadModelReader, sqlite::Error> open(const std::string& file);

  ReadModelReader(ReadModelReader&& other) noexcept;
  ReadModelReader& operator=(ReadModelReader&& other) noexcept;
  ~ReadModelReader();

  Answer<std::vector<ShardProgress>> progress();

  Answer<Page> incidents(const IncidentQuery& query, const PageRequest& page);
  /// The document; absent: there is no such incident.
  Answer<std::optional<std::string>> incident(std::string_view id);
  /// What happened to it, in order: revisions {"at", "change", "state", "priority", "alertCount", "title", "root"} (the
  /// last two where they changed) and commands {"at", "command", "actor", "accepted", "text"}. Absent: no such
  /// incident.
  Answer<std::optional<Page>> timeline(std::string_view id, const PageRequest& page);
  Answer<std::vector<IncidentCount>> counts();

  /// The last record of each label set, those that were heard of last first. A page may hold less than `limit` with
  /// more to follow, since matchers are tried on a bounded number of alerts a call.
  Answer<Page> alerts(const AlertQuery& query, const PageRequest& page);

  /// By name.
  Answer<std::vector<ServiceRow>> services();

  /// The newest first.
  Answer<Page> silences(const SilenceQuery& query, const PageRequest& page);
  Answer<std::optional<std::string>> silence(std::string_view id);

  /// The record of a command.
  Answer<std::optional<std::string>> audit(std::string_view id);

 private:
  struct Parts;
  explicit ReadModelReader(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// Readers for whoever asks: opened when needed, kept for the next one. Thread-safe.
class ReaderPool {
 public:
  /// `on_damage` is called by whoever asks, when the file turns out to be damaged or gone.
  explicit ReaderPool(
      std::string file, std::function<void()> on_damage = [] {})
      : file_(std::move(file)), on_damage_(std::move(on_damage)) {}

  /// `ask(reader)`, which gives an Answer.
  template <typename Ask>
  auto with(Ask ask) -> decltype(ask(std::declval<ReadModelReader&>())) {
    auto taken = take();
    if (!taken) return std::unexpected(std::move(taken.error()));
    auto answer = ask(taken->reader);
    if (answer || answer.error().kind == QueryError::Kind::bad_cursor) {
      give_back(*std::move(taken));
      return answer;
    }
    // One that failed is not asked again.
    return std::unexpected(told(std::move(answer.error()), taken->generation));
  }

  /// The file is about to be replaced: nobody opens it before forget().
  void shut();
  /// The file is another one: readers that are open now are not used again.
  void forget();

 private:
  struct Taken {
    ReadModelReader reader;
    std::uint64_t generation = 0;
  };
  [[nodiscard]] static QueryError being_made() { return {QueryError::Kind::damaged, "it is being made again"}; }
  Answer<Taken> take();
  /// What the failure of a reader that was taken at that generation means.
  QueryError told(QueryError error, std::uint64_t generation);
  void give_back(Taken taken);

  std::string file_;
  std::function<void()> on_damage_;
  std::mutex mutex_;
  bool shut_ = false;
  std::uint64_t generation_ = 0;
  std::vector<ReadModelReader> idle_;
};

}  // namespace triaged::readmodel
