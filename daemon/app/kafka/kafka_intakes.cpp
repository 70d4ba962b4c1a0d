#include "daemon/app/kafka/kafka_intakes.hpp"

#include <charconv>
#include <memory>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "connectors/clock/clock.hpp"
#include "connectors/log/compression.hpp"
#include "connectors/log/kafka/record_codec.hpp"
#include "connectors/wire/command_decoder.hpp"

namespace triaged::app {
namespace {

/// Of SIL-3-17: 3.
std::optional<std::uint32_t> shard_of(std::string_view suppression) {
  const std::size_t dash = suppression.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  suppression.remove_prefix(dash + 1);
  std::uint32_t shard = 0;
  const auto [end, error] = std::from_chars(suppression.data(), suppression.data() + suppression.size(), shard);
  return error == std::errc{} && end != suppression.data() + suppression.size() && *end == '-' ? std::optional(shard)
                                                                                               : std::nullopt;
}

/// The one shard that a command is about; nothing: it is about all.
std::optional<std::uint32_t> shard_of(const Command& command) {
  if (command.incident) return command.incident->shard;
  if (const auto* suppress = std::get_if<Suppress>(&command.what)) return shard_of(suppress->replaces);
  if (const auto* expire = std::get_if<Expire>(&command.what)) return shard_of(expire->id);
  return std::nullopt;
}

}  // namespace

void KafkaAlertIntake::submit(const std::string& /*source*/, std::string /*payload*/,
                              std::move_only_function<void(api::AlertReceipt)> done) {
  done({.refusal = api::Refusal{.reason = "alerts come from their topic in Kafka: post them there"},
        .accepted = 0,
        .rejections = {}});
}

ControlRecord::ControlRecord(const log::KafkaTopics& topics, log::RecordKind kind, std::string payload,
                             log::Position skips)
    : topic_(topics.control()),
      kind_(log::name_of(kind)),
      skips_(skips != 0 ? std::to_string(skips) : std::string()),
      value_(std::move(payload)),
      compressed_(kind == log::RecordKind::bundle) {
  if (compressed_) value_ = log::compress(value_);
}

kafka::OutgoingRecord ControlRecord::to(std::uint32_t shard) const {
  kafka::OutgoingRecord record{.topic = topic_,
                               .partition = static_cast<std::int32_t>(shard),
                               .key = {},
                               .value = value_,
                               .headers = {{"kind", kind_}}};
  if (!skips_.empty()) record.headers.push_back({"skips", skips_});
  if (compressed_) record.headers.push_back({"encoding", "zstd"});
  return record;
}

void KafkaCommandIntake::submit(std::string text, std::move_only_function<void(api::CommandReceipt)> done) {
  api::CommandReceipt receipt;
  if (std::string fault = options_.brokers_fault(); !fault.empty()) {
    receipt.refusal = api::Refusal{.reason = "Kafka does not answer: " + fault};
    return done(std::move(receipt));
  }
  log::RecordKind kind = log::RecordKind::command;
  log::Position skips = 0;
  std::optional<std::uint32_t> shard;
  if (const auto decoded = wire::decode_command(text, Time{}, options_.incident_prefix()); decoded) {
    if (const auto* skip = std::get_if<wire::SkipRequest>(&*decoded)) {
      const auto halted = options_.halted_at(skip->shard);
      if (!halted) {
        receipt.conflict = fmt::format("shard {} is not this instance's: ask the one that owns it", skip->shard);
      } else if (*halted == 0) {
        receipt.conflict = "nothing is stopped: there is no record to leave out";
      } else if (*halted != skip->position) {
        receipt.conflict = fmt::format("it is record {} that can be left out", *halted);
      }
      kind = log::RecordKind::skip;
      shard = skip->shard;
      skips = skip->position;
    } else {
      shard = shard_of(std::get<Command>(*decoded));
    }
  }
  if (shard && *shard >= options_.shards) {
    receipt.conflict = fmt::format("there is no shard {}: there are {}", *shard, options_.shards);
  }
  if (!receipt.conflict.empty()) return done(std::move(receipt));
  receipt.shard = shard.value_or(0);
  receipt.log_time = clock::now();
  const ControlRecord record(options_.topics, kind, std::move(text), skips);
  if (!shard) {
    // Every shard has what it is about; the answer is the first one's.
    for (std::uint32_t other = 1; other < options_.shards; ++other) {
      producer_.send(record.to(other), [](const std::expected<std::int64_t, kafka::Error>&) {});
    }
  }
  const kafka::OutgoingRecord first = record.to(receipt.shard);
  producer_.send(first, [receipt = std::move(receipt),
                         done = std::move(done)](const std::expected<std::int64_t, kafka::Error>& offset) mutable {
    if (offset) {
      receipt.id = fmt::format("CMD-{}-{}", receipt.shard, *offset);
    } else {
      receipt.refusal = api::Refusal{.reason = offset.error().message};
    }
    done(std::move(receipt));
  });
}

}  // namespace triaged::app
