#include "tests/simulation/world.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "config/bundle_text.hpp"
#include "connectors/log/cut_codec.hpp"

namespace triaged::simulation {
namespace {

using pipeline::Core;
using pipeline::Recovered;
using pipeline::Shard;

constexpr std::uint64_t kSteps = 400;
constexpr std::uint64_t kDeliveries = 60;
constexpr int kServices = 5;
constexpr int kNames = 4;
constexpr std::size_t kAllBytes = std::size_t{1} << 30U;

}  // namespace

Tally& Tally::operator+=(const Tally& other) {
  deliveries += other.deliveries;
  crashes += other.crashes;
  refused_writes += other.refused_writes;
  snapshots += other.snapshots;
  torn_snapshots += other.torn_snapshots;
  cuts += other.cuts;
  outputs += other.outputs;
  return *this;
}

World::World(std::uint64_t seed) : random_(seed), snapshots_(folder_.path()) { make_wishes(); }

// No alert ends and no incident closes, so that every label set must be a member of one in the end.
std::string World::bundle(int version) {
  const std::string rules = fmt::format(
      "correlate:\n  - name: same-service\n    by: {{labels: [service]}}\n    timespan: {}m\n    hold: {}s\n",
      2 + version, version);
  return config::load_texts({{"rules.yaml", rules}}).recorded;
}

std::string World::draw_alerts() {
  std::string text = "[";
  const std::uint64_t count = 1 + draw(4);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t name = draw(kNames);
    const std::uint64_t service = draw(kServices);
    label_sets_.insert(fmt::format("{}/{}", name, service));
    text += fmt::format(
        R"({}{{"labels":{{"alertname":"A{}","service":"s{}","severity":"critical"}},"startsAt":"2025-06-15T15:0{}:00Z"}})",
        i == 0 ? "" : ",", name, service, draw(6));
  }
  return text + "]";
}

std::string World::draw_command(std::uint64_t number) {
  static constexpr const char* kCommands[] = {"acknowledge", "comment", "assign"};
  const char* const command = kCommands[draw(3)];
  return fmt::format(R"({{"key":"k{}","actor":"anna","command":"{}","incident":"INC-0-{}"{}}})", number, command,
                     1 + draw(5),
                     std::string_view(command) == "comment"  ? R"(,"text":"looking")"
                     : std::string_view(command) == "assign" ? R"(,"assignee":"ben")"
                                                             : "");
}

void World::make_wishes() {
  for (std::uint64_t i = 0; i < kDeliveries; ++i) {
    log::Delivery delivery{
        .kind = log::RecordKind::alerts, .source = "replay", .payload = {}, .log_time = {}, .skips = 0, .resume = {}};
    const std::uint64_t what = draw(20);
    if (what == 0) {
      delivery.payload = R"({"labels": 1})";
    } else if (what == 1) {
      delivery.kind = log::RecordKind::bundle;
      delivery.payload = bundle(static_cast<int>(draw(3)));
    } else if (what < 5) {
      delivery.kind = log::RecordKind::command;
      delivery.payload = draw_command(i);
    } else {
      delivery.payload = draw_alerts();
    }
    wishes_.push_back({std::move(delivery), false});
  }
}

void World::send() {
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < wishes_.size(); ++i) {
    if (!wishes_[i].accepted) open.push_back(i);
  }
  // Also what was accepted is sent again now and then: a client that never heard the answer.
  sent_.push_back(open.empty() || draw(10) == 0 ? draw(wishes_.size())
                                                : open[draw(std::min<std::size_t>(open.size(), 4))]);
}

void World::write_log() {
  if (sent_.empty() && (in_flight_ == nullptr || commit_untold_)) return;
  // The clock was read before the write, which took its time: the core may have looked at it since.
  stamped_ = std::max(stamped_, now_ - Duration{draw(3) == 0 ? draw(200) : 0});
  std::vector<log::Delivery> deliveries;
  for (const std::size_t wish : sent_) {
    deliveries.push_back(wishes_[wish].delivery);
    deliveries.back().log_time = stamped_;
  }
  if (draw(8) == 0) log_.fail_next({log::LogError::Kind::full, "no room"});
  const auto first = log_.write(deliveries, commit_untold_ ? nullptr : in_flight_.get());
  if (!first) {
    ++tally_.refused_writes;
    if (draw(2) == 0) sent_.clear();  // refused; a source that can wait keeps it
    return;
  }
  if (in_flight_ != nullptr) commit_untold_ = true;
  for (std::size_t i = 0; i < sent_.size(); ++i) {
    log::Delivery& delivery = deliveries[i];
    core_->add(pipeline::Durable(
        {*first + i, delivery.log_time, delivery.kind, delivery.source, std::move(delivery.payload), 0}));
    // The answer may be lost on its way: then the client does not know, and sends it again.
    if (draw(5) != 0) wishes_[sent_[i]].accepted = true;
  }
  sent_.clear();
}

void World::step(bool flush) {
  if (commit_untold_ && draw(3) != 0) {
    core_->committed();
    in_flight_ = nullptr;
    commit_untold_ = false;
  }
  // Now and then somebody sets the wall clock.
  auto done = core_->step({.now = now_, .clamped = draw(5) == 0 ? now_ + std::chrono::hours(1) : Time{}}, flush);
  if (done.commit == nullptr) return;
  in_flight_ = std::move(done.commit);
  if (done.closed && draw(6) == 0) snapshot();
}

void World::snapshot() {
  const int slot = snapshots_.next_slot();
  const Shard& shard = core_->shard();
  const auto written = snapshots_.write(slot, shard.manifest(), [&](const auto& take) { shard.write_state(take); });
  if (!written) return;
  ++tally_.snapshots;
  if (draw(4) != 0) return;
  ++tally_.torn_snapshots;
  std::filesystem::resize_file(snapshots_.path(slot), draw(std::filesystem::file_size(snapshots_.path(slot))));
}

std::optional<std::string> World::start(bool unclean) {
  auto recovered = pipeline::recover(log_, &snapshots_, {});
  if (!recovered) return "recovery failed: " + recovered.error().message;
  auto waiting = log_.records(recovered->shard.through(), kAllBytes);
  const pipeline::Care care = unclean ? pipeline::care_after(*recovered, waiting->size()) : pipeline::Care{};
  core_.emplace(*std::move(recovered), care);
  for (log::Record& record : *waiting) core_->add(pipeline::Durable(std::move(record)));
  return std::nullopt;
}

// Whoever dies three times with one record announced is thought to die of it; these deaths have no cause.
bool World::may_crash() {
  const auto last = log_.last_cut().value();
  if (!last || last->attempt == 0 || last->number < 2) return true;
  return log_.cuts(last->number - 2, 1)->front().attempt == 0;
}

std::optional<std::string> World::crash() {
  ++tally_.crashes;
  sent_.clear();
  in_flight_ = nullptr;
  commit_untold_ = false;
  core_.reset();
  return start(true);
}

std::optional<std::string> World::settle() {
  for (std::uint64_t rounds = 0; rounds < 100'000; ++rounds) {
    const bool wished = std::ranges::all_of(wishes_, &Wish::accepted);
    if (wished && sent_.empty() && in_flight_ == nullptr && core_->finished()) return std::nullopt;
    if (core_->halt()) return "the shard halted: " + core_->halt()->why;
    if (!wished) send();
    write_log();
    step(true);
  }
  return "it never came to rest";
}

std::optional<std::string> World::run() {
  const log::Delivery first{
      .kind = log::RecordKind::bundle, .source = {}, .payload = bundle(0), .log_time = now_, .skips = 0, .resume = {}};
  if (!log_.write({&first, 1}, nullptr)) return "the first bundle was refused";
  if (auto wrong = start(false)) return wrong;
  for (std::uint64_t i = 0; i < kSteps; ++i) {
    switch (draw(12)) {
      case 0:
      case 1:
      case 2: send(); break;
      case 3:
      case 4:
      case 5: write_log(); break;
      case 6:
      case 7:
      case 8: step(draw(4) == 0); break;
      case 9:
      case 10: now_ += Duration{draw(draw(10) == 0 ? 20'000 : 120)}; break;
      default:
        if (draw(3) != 0 || !may_crash()) break;
        if (auto wrong = crash()) return wrong;
        break;
    }
    if (core_->halt()) return "the shard halted: " + core_->halt()->why;
  }
  if (auto wrong = settle()) return wrong;
  now_ += std::chrono::seconds(30);  // holds are over
  if (auto wrong = settle()) return wrong;
  step(true);
  if (auto wrong = settle()) return wrong;
  return check();
}

std::optional<std::string> World::check() {
  const auto records = log_.records(0, kAllBytes);
  const auto cuts = log_.cuts(0, SIZE_MAX);
  std::set<std::string> journalled;
  for (const log::Record& record : *records) journalled.insert(record.payload);
  for (const Wish& wish : wishes_) {
    if (!journalled.contains(wish.delivery.payload)) return "lost: a delivery was accepted and is not in the log";
  }
  // The log, run through a shard that never crashed, in the same cuts.
  Shard shard(0);
  std::size_t next = 0;
  std::map<std::string, std::string> last;  // incident → document
  for (const log::Cut& cut : *cuts) {
    while (shard.through() < cut.through) {
      if (auto taken = shard.take((*records)[next++]); !taken) return taken.error();
    }
    const log::Batch batch = cut.attempt != 0 ? shard.attempt(cut.attempt) : shard.close(cut.clock, cut.clamped);
    if (batch.cut != cut) return fmt::format("cut {} differs from the log run again", cut.number);
    if (batch.outputs != *log_.outputs(cut.number)) return fmt::format("outputs of cut {} differ", cut.number);
    for (const log::Output& output : batch.outputs) {
      if (output.topic == log::Topic::incidents) last[output.key] = output.value;
    }
    tally_.outputs += batch.outputs.size();
  }
  if (next != records->size()) return "lost: records were never taken";
  tally_.cuts = cuts->size();
  tally_.deliveries = records->size();
  std::uint64_t members = 0;
  for (const auto& [id, document] : last) {
    const std::string_view key = R"("alertCount":)";
    members += std::stoull(document.substr(document.find(key) + key.size()));
  }
  if (members != label_sets_.size()) {
    return fmt::format("{} label sets came, and incidents count {}", label_sets_.size(), members);
  }
  return std::nullopt;
}

}  // namespace triaged::simulation
