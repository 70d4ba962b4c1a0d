#include "rules/engine/command_memory.hpp"

#include <concepts>
#include <variant>

#include "rules/model/accounting.hpp"

namespace triaged {
namespace {

/// Bytes that differ where commands do.
class Sign {
 public:
  void text(std::string_view value) {
    number(value.size());
    bytes_.append(value);
  }
  void number(std::integral auto value) { bytes_.append(std::to_string(value)).push_back(';'); }
  void incident(const IncidentKey& key) {
    number(key.shard);
    number(key.number);
  }

  void of(const Acknowledge& /*what*/) {}
  void of(const Resolve& /*what*/) {}
  void of(const Reopen& /*what*/) {}
  void of(const Close& /*what*/) {}
  void of(const Assign& what) {
    text(what.assignee);
    text(what.team);
  }
  void of(const Comment& what) { text(what.text); }
  void of(const Merge& what) { incident(what.into); }
  void of(const Split& what) {
    for (const Fingerprint alert : what.alerts) number(static_cast<std::uint64_t>(alert));
  }
  void of(const Suppress& what) {
    text(what.replaces);
    number(static_cast<int>(what.suppression.kind));
    number(what.suppression.matchers.size());
    for (const std::string& matcher : what.suppression.matchers) text(matcher);
    text(what.suppression.comment);
  }
  void of(const Expire& what) { text(what.id); }
  void of(const ImplementChange& what) {
    text(what.id);
    text(what.service);
    text(what.kind);
    number(what.implemented_at.time_since_epoch().count());
  }
  [[nodiscard]] std::uint64_t hash(std::uint64_t seed) const { return hash_bytes(bytes_, seed); }

 private:
  std::string bytes_;
};

}  // namespace

CommandMemory::Entry CommandMemory::entry_of(const Command& command) {
  Entry entry;
  entry.key = command.key;
  Sign sign;
  sign.text(command.actor);
  if (command.incident) sign.incident(*command.incident);
  sign.number(command.what.index());
  std::visit([&](const auto& what) { sign.of(what); }, command.what);
  entry.sign[0] = sign.hash(1);
  entry.sign[1] = sign.hash(2);
  // "From now on" is another time when it is asked again: one of end and length is the same, whichever was asked for.
  if (const auto* suppress = std::get_if<Suppress>(&command.what)) {
    entry.ends_at = suppress->suppression.ends_at;
    entry.lasts = suppress->suppression.ends_at - suppress->suppression.starts_at;
  }
  return entry;
}

bool CommandMemory::recall(const Command& command, Time clock, CommandResult& result) {
  while (!entries_.empty() && entries_.front().at + kKept <= clock) forget_first();
  const auto found = by_key_.find(command.key);
  if (found == by_key_.end()) return false;
  const Entry& before = entries_[found->second - first_];
  const Entry now = entry_of(command);
  const bool same = before.sign[0] == now.sign[0] && before.sign[1] == now.sign[1] &&
                    (before.ends_at == now.ends_at || before.lasts == now.lasts);
  if (!same) {
    result.reason = "the key " + command.key + " was used for another command";
    result.incident = command.incident;
    return true;
  }
  result.repeated = true;
  result.accepted = before.accepted;
  result.reason = before.reason;
  if (before.incident.number != 0) result.incident = before.incident;
  result.suppression = before.suppression;
  return true;
}

std::uint64_t CommandMemory::bytes_of(const Entry& entry) {
  return accounting::kCommand + entry.key.size() + entry.reason.size() + entry.suppression.size();
}

void CommandMemory::remember(const CommandResult& result, std::uint64_t most) {
  if (result.command.key.empty()) return;
  if (entries_.size() >= kMost) forget_first();
  Entry entry = entry_of(result.command);
  entry.at = result.at;
  entry.accepted = result.accepted;
  entry.reason = result.reason;
  if (result.incident) entry.incident = *result.incident;
  entry.suppression = result.suppression;
  bytes_ += bytes_of(entry);
  while (bytes_ > most && !entries_.empty()) forget_first();
  entries_.push_back(std::move(entry));
  by_key_.emplace(entries_.back().key, first_ + entries_.size() - 1);
}

void CommandMemory::forget_first() {
  bytes_ -= bytes_of(entries_.front());
  by_key_.erase(entries_.front().key);
  entries_.pop_front();
  ++first_;
}

void CommandMemory::index_all() {
  by_key_.clear();
  bytes_ = 0;
  for (const Entry& entry : entries_) bytes_ += bytes_of(entry);
  for (std::uint64_t at = 0; at < entries_.size(); ++at) by_key_.emplace(entries_[at].key, first_ + at);
}

}  // namespace triaged
