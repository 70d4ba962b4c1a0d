#include "daemon/app/local/intakes.hpp"

#include <memory>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "connectors/log/alert_payload.hpp"
#include "connectors/wire/command_decoder.hpp"
#include "daemon/pipeline/crash_point.hpp"
#include "daemon/pipeline/shard/delivery_decoder.hpp"

namespace triaged::app {
namespace {

api::Refusal refusal(std::string why) { return {.reason = std::move(why)}; }

telemetry::IntakeRefused::Reason reason_of(pipeline::Written::Refusal refused) {
  using From = pipeline::Written::Refusal;
  using To = telemetry::IntakeRefused::Reason;
  if (refused == From::log_failing) return To::log_failing;
  return refused == From::stopping ? To::stopping : To::overload;
}

}  // namespace

void HttpAlertIntake::submit(const std::string& source, std::string payload,
                             std::move_only_function<void(api::AlertReceipt)> done) {
  thread_local pipeline::DeliveryDecoder decoder;
  auto batch = std::make_unique<wire::AlertBatch>();
  const log::RecordKind kind = log::kind_of_alerts(payload);
  decoder.decode(kind, payload, *batch);
  api::AlertReceipt receipt{
      .refusal = std::nullopt, .accepted = batch->entries.size(), .rejections = batch->rejections};
  if (batch->entries.empty()) {
    on_read_(source, 0, receipt.rejections);
    return done(std::move(receipt));
  }
  log_.submit({.kind = kind, .source = source, .payload = std::move(payload), .log_time = {}, .skips = 0, .resume = {}},
              std::move(batch),
              [this, source, receipt = std::move(receipt), done = std::move(done)](pipeline::Written written) mutable {
                pipeline::crash_point("journalled");
                if (written.position == 0) {
                  telemetry_.tell(telemetry::IntakeRefused{.reason = reason_of(written.refused), .source = source});
                  receipt = {.refusal = refusal(std::move(written.refusal)), .accepted = 0, .rejections = {}};
                } else {
                  on_read_(source, receipt.accepted, receipt.rejections);
                }
                done(std::move(receipt));
                pipeline::crash_point("answered");
              });
}

void HttpCommandIntake::submit(std::string text, std::move_only_function<void(api::CommandReceipt)> done) {
  log::Delivery delivery{.kind = log::RecordKind::command,
                         .source = {},
                         .payload = std::move(text),
                         .log_time = {},
                         .skips = 0,
                         .resume = {}};
  // Of a record that is left out, the log must know before anything else is run.
  if (const auto decoded = wire::decode_command(delivery.payload, Time{}, "INC"); decoded) {
    if (const auto* skip = std::get_if<wire::SkipRequest>(&*decoded)) {
      const log::Position halted = core_.halted_at();
      if (skip->shard != 0 || halted == 0 || skip->position != halted) {
        api::CommandReceipt receipt;
        receipt.conflict = skip->shard != 0 ? fmt::format("there is no shard {}: this log has one, 0", skip->shard)
                           : halted == 0    ? "nothing is stopped: there is no record to leave out"
                                            : fmt::format("it is record {} that can be left out", halted);
        return done(std::move(receipt));
      }
      delivery.kind = log::RecordKind::skip;
      delivery.skips = halted;
    }
  }
  log_.submit(std::move(delivery), nullptr, [done = std::move(done)](pipeline::Written written) mutable {
    api::CommandReceipt receipt;
    receipt.position = written.position;
    receipt.id = fmt::format("CMD-0-{}", written.position);
    receipt.log_time = written.log_time;
    if (written.position == 0) receipt.refusal = refusal(std::move(written.refusal));
    done(std::move(receipt));
  });
}

}  // namespace triaged::app
