// Effects of the engine → documents on topics.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/log/shard_log.hpp"
#include "connectors/wire/alert_batch.hpp"
#include "connectors/wire/command_decoder.hpp"
#include "rules/model/input.hpp"

namespace triaged::pipeline {

/// Appends one output for each document, in the order of the effects' lists; memberships are on no topic.
void append_outputs(const Effects& effects, std::string_view incident_prefix, std::vector<log::Output>& outputs);

/// `result`'s record on the topic audit, known by where the command's record stands: whoever put it into a log that
/// does not number its records knows the offset only.
void append_audit(const CommandResult& result, std::uint32_t shard, const log::Record& record,
                  std::string_view incident_prefix, std::vector<log::Output>& outputs);

/// The record on the topic audit of a record that asks to leave one out.
void append_skip_audit(const wire::SkipRequest& request, const log::Record& record, std::uint32_t shard,
                       std::vector<log::Output>& outputs);

/// The record on the topic audit of an engine's change.
void append_engine_change_audit(const log::Record& record, std::uint32_t shard, std::vector<log::Output>& outputs);

/// What could not be used of a record, or was left out of it, one document each.
void append_rejections(const log::Record& record, std::uint32_t shard, std::span<const wire::Rejection> rejections,
                       std::vector<log::Output>& outputs);

}  // namespace triaged::pipeline
