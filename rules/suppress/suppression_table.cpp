#include "rules/suppress/suppression_table.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "rules/model/accounting.hpp"

namespace triaged {
namespace {

using State = SuppressionDocument::State;

bool is_silence(const Suppression& what) { return what.kind == Suppression::Kind::silence; }

constexpr std::size_t kShownBytes = 64;
constexpr std::uint64_t kMostOutOfDate = 1024;

/// The beginning of a text that may be long.
std::string cut(const std::string& text) {
  if (text.size() <= kShownBytes) return text;
  std::size_t end = kShownBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;  // no half of a character
  return text.substr(0, end) + "…";
}

std::uint64_t bytes_of(const Suppression& what, const std::string& created_by) {
  std::uint64_t bytes = accounting::kSuppression + what.comment.size() + created_by.size();
  for (const std::string& matcher : what.matchers) {
    bytes += accounting::kMatcher + accounting::kMatcherByte * matcher.size();
  }
  return bytes;
}

std::expected<Matchers, std::string> compile(const std::vector<std::string>& texts) {
  Matchers matchers;
  for (const std::string& text : texts) {
    auto matcher = Matcher::parse(text);
    if (!matcher) {
      return std::unexpected("the matcher " + cut(text) + " is not good at byte " +
                             std::to_string(matcher.error().offset + 1) + ": " + cut(matcher.error().message));
    }
    matchers.push_back(std::move(*matcher));
  }
  return matchers;
}

/// The matcher to find the suppression by; nullptr: it can only be tried.
const Matcher* key_matcher(const Matchers& matchers) {
  const auto found =
      std::ranges::find_if(matchers, [](const Matcher& m) { return m.op() == MatchOp::equal && !m.value().empty(); });
  return found == matchers.end() ? nullptr : &*found;
}

std::string printed(Time time) {
  std::string text;
  append_time(text, time);
  return text;
}

}  // namespace

std::string SuppressionTable::id_of(const Row& row) const {
  return std::string(is_silence(row.what) ? "SIL-" : "MW-") + std::to_string(shard_) + "-" + std::to_string(row.number);
}

std::expected<SuppressionId, std::string> SuppressionTable::find_running(const std::string& id) const {
  const auto found = ids_.find(id);
  if (found == ids_.end()) {
    return std::unexpected("there is no silence or maintenance window " + id + "; it is forgotten 24 h after its end");
  }
  const Row& row = rows_[found->second];
  if (row.state == State::expired) return std::unexpected(id + " ended at " + printed(row.what.ends_at));
  return found->second;
}

std::expected<std::string, std::string> SuppressionTable::suppress(const Suppress& what, const std::string& actor,
                                                                   Time clock, std::uint64_t most) {
  forget_oldest(clock);
  const Suppression& wanted = what.suppression;
  auto matchers = compile(wanted.matchers);
  if (!matchers) return std::unexpected(std::move(matchers.error()));
  if (std::ranges::all_of(*matchers, [](const Matcher& m) { return m.matches_value(""); })) {
    return std::unexpected("at least one matcher must not take the empty string, or all alerts would be suppressed");
  }
  if (wanted.ends_at <= wanted.starts_at) return std::unexpected("it ends before it starts");
  if (wanted.ends_at <= clock) {
    return std::unexpected("it ends at " + printed(wanted.ends_at) + ", which is past");
  }
  const auto no_room = [&](std::uint64_t others) { return others + bytes_of(wanted, actor) > most; };
  const std::string full =
      "silences and maintenance windows take as much of engine.max_state as they may; expire some "
      "first, or give fewer or shorter matchers";
  SuppressionId id = kNoSuppression;
  if (what.replaces.empty()) {
    if (no_room(bytes_)) return std::unexpected(full);
    if (running_ >= kMost) {
      return std::unexpected("there are " + std::to_string(kMost) +
                             " silences and maintenance windows already; expire some first");
    }
    Row fresh;
    fresh.number = is_silence(wanted) ? ++silences_ : ++windows_;
    fresh.created_by = actor;
    fresh.created_at = clock;
    id = rows_.add(std::move(fresh));
    ++running_;
  } else {
    const auto found = find_running(what.replaces);
    if (!found) return std::unexpected(found.error());
    id = *found;
    if (rows_[id].what.kind != wanted.kind) {
      return std::unexpected(what.replaces + (is_silence(wanted) ? " is no silence" : " is no maintenance window"));
    }
    if (no_room(bytes_ - rows_[id].counted)) return std::unexpected(full);
    if (rows_[id].state == State::active) index(id, false);
    leave_timer();
    rows_[id].state = State::pending;
    let_go(id);
  }
  Row& row = rows_[id];
  row.what = wanted;
  row.what.matchers.clear();
  for (const Matcher& matcher : *matchers) row.what.matchers.push_back(matcher.text());
  row.matchers = std::move(*matchers);
  count(row);
  std::string name = id_of(row);
  ids_[name] = id;
  mark(id, clock);
  update(id, clock);
  return name;
}

std::expected<std::string, std::string> SuppressionTable::expire(const std::string& id, Time clock) {
  forget_oldest(clock);
  const auto found = find_running(id);
  if (!found) return std::unexpected(found.error());
  Suppression& what = rows_[*found].what;
  what.starts_at = std::min(what.starts_at, clock);
  what.ends_at = clock;
  update(*found, clock);
  leave_timer();
  return id;
}

void SuppressionTable::on_timer(SuppressionId id, Time clock) {
  if (rows_.has(id)) update(id, clock);
}

void SuppressionTable::update(SuppressionId id, Time clock) {
  Row& row = rows_[id];
  if (row.state == State::expired) return;
  const State before = row.state;
  row.state = clock >= row.what.ends_at ? State::expired : clock >= row.what.starts_at ? State::active : State::pending;
  if (row.state != before) {
    if (before == State::active) index(id, false);
    if (row.state == State::active) index(id, true);
    if (row.state == State::expired) {
      --running_;
      let_go(id);
      row.matchers = Matchers();
    }
    mark(id, clock);
  }
  if (row.state == State::expired) return;
  timers_->arm(row.state == State::pending ? row.what.starts_at : row.what.ends_at, TimerKind::suppression,
               static_cast<std::uint32_t>(id));
}

void SuppressionTable::leave_timer() {
  if (++out_of_date_ < kMostOutOfDate) return;
  out_of_date_ = 0;
  timers_->rewrite([](const TimerQueue::Timer& timer) { return timer.kind != TimerKind::suppression; });
  rows_.for_each([&](SuppressionId id, const Row& row) {
    if (row.state == State::expired) return;
    timers_->arm(row.state == State::pending ? row.what.starts_at : row.what.ends_at, TimerKind::suppression,
                 static_cast<std::uint32_t>(id));
  });
}

void SuppressionTable::count(Row& row) {
  const std::uint64_t bytes = bytes_of(row.what, row.created_by);
  bytes_ += bytes - std::exchange(row.counted, bytes);
}

void SuppressionTable::forget(SuppressionId id) {
  bytes_ -= rows_[id].counted;
  ids_.erase(id_of(rows_[id]));
  rows_.remove(id);
}

void SuppressionTable::forget_oldest(Time clock) {
  while (!expired_.empty() &&
         (expired_.size() > kMostExpired || clock >= rows_[expired_.front()].what.ends_at + kKept)) {
    forget(expired_.front());
    expired_.pop_front();
  }
}

void SuppressionTable::mark(SuppressionId id, Time clock) {
  Row& row = rows_[id];
  row.updated_at = clock;
  if (row.listed) return;
  row.listed = true;
  listed_.push_back(id);
}

void SuppressionTable::let_go(SuppressionId id) {
  for (const EpisodeId episode : std::exchange(rows_[id].held, {})) let_go_.emplace_back(id, episode);
  rows_[id].sweep_at = kFirstSweep;
}

SuppressionId SuppressionTable::match(LabelsView labels) const {
  SuppressionId best = kNoSuppression;
  const auto rank = [&](SuppressionId id) {
    const Row& row = rows_[id];
    return std::tuple(-row.what.ends_at.time_since_epoch().count(), row.what.kind, row.number);
  };
  const auto look = [&](const Ids& ids) {
    for (const SuppressionId id : ids) {
      if (!matches_all(rows_[id].matchers, labels)) continue;
      if (best == kNoSuppression || rank(id) < rank(best)) best = id;
    }
  };
  look(by_no_label_);
  if (by_label_.empty()) return best;
  for (const LabelPair& label : labels) {
    // Name, separator and value stand in one piece.
    const std::string_view key(label.name.data(), label.name.size() + 1 + label.value.size());
    if (const auto found = by_label_.find(key); found != by_label_.end()) look(found->second);
  }
  return best;
}

std::string SuppressionTable::reason(SuppressionId id) const {
  const Row& row = rows_[id];
  return (is_silence(row.what) ? "silenced by " : "in maintenance window ") + id_of(row) + " until " +
         printed(row.what.ends_at);
}

void SuppressionTable::publish(Time clock, Effects& effects) {
  for (const SuppressionId id : std::exchange(listed_, {})) {
    Row& row = rows_[id];
    row.listed = false;
    effects.suppressions.push_back({.id = id_of(row),
                                    .revision = ++row.revision,
                                    .state = row.state,
                                    .suppression = row.what,
                                    .created_by = row.created_by,
                                    .created_at = row.created_at,
                                    .updated_at = row.updated_at});
    if (row.state != State::expired) continue;
    row.what.matchers = {};
    row.what.comment = {};
    row.created_by = {};
    count(row);
    expired_.push_back(id);
  }
  forget_oldest(clock);
}

void SuppressionTable::index(SuppressionId id, bool add) {
  const Matcher* const key = key_matcher(rows_[id].matchers);
  const std::string label = key == nullptr ? std::string() : key->name() + '\xFF' + key->value();
  Ids& ids = key == nullptr ? by_no_label_ : by_label_[label];
  if (add) {
    ids.push_back(id);
    ++active_;
    return;
  }
  std::erase(ids, id);
  if (ids.empty() && key != nullptr) by_label_.erase(label);
  --active_;
}

void SuppressionTable::index_all() {
  ids_.clear();
  by_label_.clear();
  by_no_label_.clear();
  bytes_ = 0;
  running_ = 0;
  active_ = 0;
  rows_.for_each([&](SuppressionId id, Row& row) {
    ids_.emplace(id_of(row), id);
    count(row);
    if (row.state == State::expired) return;
    ++running_;
    if (auto matchers = compile(row.what.matchers)) row.matchers = std::move(*matchers);
    if (row.state == State::active) index(id, true);
  });
}

}  // namespace triaged
