#include "daemon/pipeline/shard/shard.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "config/bundle_text.hpp"
#include "connectors/log/cut_codec.hpp"
#include "connectors/wire/command_decoder.hpp"
#include "daemon/pipeline/crash_point.hpp"
#include "daemon/pipeline/shard/effect_outputs.hpp"
#include "rules/model/check.hpp"

namespace triaged::pipeline {
namespace {

using log::Record;
using log::RecordKind;

std::expected<std::shared_ptr<const Bundle>, std::string> load_bundle(std::string_view text) {
  auto loaded = config::load_recorded(text);
  if (loaded.bundle) return std::move(loaded.bundle);
  std::string why = "the log's rules and catalogue can't be read by this version of triaged";
  for (const auto& diagnostic : loaded.diagnostics) why += fmt::format("\n{}: {}", diagnostic.file, diagnostic.message);
  return std::unexpected(std::move(why));
}

}  // namespace

Shard::Shard(std::uint32_t number, std::vector<std::uint64_t> next) : number_(number) { last_.next = std::move(next); }

std::expected<Shard, std::string> Shard::restore(std::uint32_t number, const log::SnapshotManifest& manifest,
                                                 const log::Cut& cut, std::string_view state) {
  Shard shard(number);
  auto bundle = load_bundle(manifest.bundle);
  if (!bundle) return std::unexpected(bundle.error());
  shard.bundle_ = *std::move(bundle);
  shard.bundle_text_ = manifest.bundle;
  auto engine = Engine::restore(state, shard.bundle_);
  if (!engine) return std::unexpected(engine.error().message);
  shard.engine_ = *std::move(engine);
  shard.through_ = manifest.through;
  shard.last_ = cut;
  shard.last_hash_ = manifest.cut_hash;
  return shard;
}

std::expected<void, std::string> Shard::take(const Record& record, const DecodedAlerts& decoded) {
  TRIAGED_CHECK(record.position == through_ + 1);
  through_ = record.position;
  const bool skipped = skipped_.erase(record.position) != 0 || record.left_out;
  if (record.origin) note_origin(*record.origin, skipped);
  if (skipped) {
    const wire::Rejection skip{.line = 0, .reason = "an operator skipped this record", .code = "skipped"};
    append_rejections(record, number_, {&skip, 1}, outputs_);
    return {};
  }
  if (record.kind == RecordKind::nothing) return {};
  poison_point(record.payload);
  if (record.kind == RecordKind::bundle) return take_bundle(record);
  if (!engine_) return std::unexpected(fmt::format("record {} comes before any bundle", record.position));
  switch (record.kind) {
    case RecordKind::alerts:
    case RecordKind::lines:
      if (decoded) {
        take_alerts(record, decoded.batch(), decoded.entries(), decoded.rejections());
        break;
      }
      decoded_.clear();
      decoder_.decode(record.kind, record.payload, decoded_);
      take_alerts(record, decoded_, decoded_.entries, decoded_.rejections);
      break;
    case RecordKind::command:
    case RecordKind::skip: take_command(record); break;
    case RecordKind::engine_change: append_engine_change_audit(record, number_, outputs_); break;
    case RecordKind::bundle:
    case RecordKind::nothing: break;
  }
  return {};
}

void Shard::note_origin(const log::Origin& origin, bool skipped) {
  if (runs_.empty() || runs_.back().input != origin.input || runs_.back().skipped || skipped) {
    runs_.push_back(
        {.input = origin.input, .first = origin.offset, .last = origin.offset, .count = 1, .skipped = skipped});
    return;
  }
  runs_.back().last = origin.offset;
  ++runs_.back().count;
}

std::expected<void, std::string> Shard::take_bundle(const Record& record) {
  auto bundle = load_bundle(record.payload);
  if (!bundle) return std::unexpected(bundle.error());
  if (engine_) {
    apply({record.log_time, Tick{}});  // what is due by now is said in the old one's words
    bundle_ = *std::move(bundle);
    apply({record.log_time, BundleInput{bundle_}});
  } else {
    bundle_ = *std::move(bundle);
    engine_.emplace(bundle_, number_);
  }
  bundle_text_ = record.payload;
  return {};
}

void Shard::take_alerts(const Record& record, const wire::AlertBatch& batch,
                        std::span<const wire::AlertBatch::Entry> entries, std::span<const wire::Rejection> rejections) {
  const std::uint32_t source = source_index(record.source);
  alerts_ += entries.size();
  for (const auto& entry : entries) {
    apply({record.log_time,
           AlertInput{batch.labels(entry), batch.annotations(entry), entry.starts_at, entry.ends_at, source}});
  }
  if (!rejections.empty()) append_rejections(record, number_, rejections, outputs_);
}

void Shard::take_command(const Record& record) {
  auto decoded = wire::decode_command(record.payload, record.log_time, bundle_->settings.incident_prefix);
  // It was checked before it was written; that it can't be read now is another version's doing.
  if (!decoded) {
    const wire::Rejection rejection{.line = 1, .reason = decoded.error().reason, .code = "command"};
    append_rejections(record, number_, {&rejection, 1}, outputs_);
    return;
  }
  if (auto* command = std::get_if<Command>(&*decoded)) {
    engine_->apply({record.log_time, std::move(*command)}, effects_);
    for (const CommandResult& result : effects_.commands) {
      append_audit(result, number_, record, bundle_->settings.incident_prefix, outputs_);
    }
    effects_.commands.clear();
    apply({record.log_time, Tick{}});
    return;
  }
  append_skip_audit(std::get<wire::SkipRequest>(*decoded), record, number_, outputs_);
}

std::uint32_t Shard::source_index(const std::string& name) const {
  const auto found = std::ranges::find(bundle_->sources, name, &SourceSettings::name);
  // What a source sent before it was taken out of the configuration counts, but nothing watches it any more.
  return found == bundle_->sources.end() ? kNoSource : static_cast<std::uint32_t>(found - bundle_->sources.begin());
}

void Shard::apply(const Input& input) {
  engine_->apply(input, effects_);
  if (effects_.empty()) return;
  append_outputs(effects_, bundle_->settings.incident_prefix, outputs_);
  effects_.clear();
}

Shard::Followed Shard::follow(const log::Cut& logged) {
  // Where reading began, only the first cut says.
  if (last_.number == 0) last_.next = logged.attempt != 0 ? logged.next : last_.next;
  Followed followed{.made = logged.attempt != 0 ? attempt(logged.attempt)
                                                : close(logged.clock, logged.clamped, logged.ceiling)};
  followed.same = followed.made.cut == logged;
  last_ = logged;
  last_hash_ = log::hash_of(logged);
  return followed;
}

void Shard::tick(Time clock) {
  if (engine_) apply({std::max(clock, engine_->clock()), Tick{}});
}

log::Batch Shard::close(Time clock, Time clamped, Time ceiling) {
  tick(clock);
  log::Batch batch = make_batch();
  batch.outputs = std::exchange(outputs_, {});
  log::Cut& cut = batch.cut;
  cut.clock = this->clock();
  cut.bundle = bundle_ ? bundle_->hash : std::string();
  cut.outputs_hash = log::hash_of(batch.outputs);
  cut.clamped = clamped;
  cut.ceiling = ceiling;
  cut.runs = std::exchange(runs_, {});
  for (const log::Run& run : cut.runs) cut.next.at(run.input) = run.last + 1;
  for (const log::Output& output : batch.outputs) {
    ++cut.outputs;
    if (!cut.next.empty()) cut.latest.at(log::place_of(output.topic)) = cut.outputs;
  }
  closed(batch);
  return batch;
}

log::Batch Shard::attempt(std::uint64_t records) {
  TRIAGED_CHECK(!open());
  log::Batch batch = make_batch();
  batch.cut.attempt = records;
  batch.cut.outputs_hash = log::hash_of(batch.outputs);
  closed(batch);
  return batch;
}

// As the cut before, but for what every cut says anew.
log::Batch Shard::make_batch() {
  log::Batch batch;
  batch.cut = {.number = last_.number + 1,
               .previous = last_hash_,
               .through = through_,
               .clock = last_.clock,
               .engine_version = std::string(engine_version()),
               .bundle = last_.bundle,
               .outputs = last_.outputs,
               .outputs_hash = {},
               .next = last_.next,
               .latest = last_.latest};
  return batch;
}

void Shard::closed(const log::Batch& batch) {
  last_ = batch.cut;
  last_hash_ = log::hash_of(last_);
}

Time Shard::next_timer() const { return engine_ ? engine_->next_timer() : kNever; }

log::SnapshotManifest Shard::manifest() const {
  TRIAGED_CHECK(!open());
  log::SnapshotManifest manifest;
  manifest.cut = last_.number;
  manifest.cut_hash = last_hash_;
  manifest.through = last_.through;
  manifest.engine_version = engine_version();
  manifest.outputs = last_.outputs;
  manifest.bundle = bundle_text_;
  return manifest;
}

void Shard::write_state(const std::function<void(std::string_view)>& take) const {
  if (engine_) engine_->write_snapshot(take);
}

}  // namespace triaged::pipeline
