#include "rules/engine/command_desk.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace triaged {

CommandResult CommandDesk::take(const Command& command, Time clock) {
  CommandResult result;
  result.at = clock;
  result.command = command;
  if (memory_.recall(command, clock, result)) return result;
  if (const Answer answer = act(command, clock)) {
    result.accepted = true;
    result.incident = answer->incident;
    result.suppression = answer->suppression;
  } else {
    result.reason = answer.error();
    result.incident = command.incident;
  }
  memory_.remember(result, bundle_->settings.max_state / kMemoryShare);
  return result;
}

CommandDesk::Answer CommandDesk::act(const Command& command, Time clock) {
  if (const auto* suppress = std::get_if<Suppress>(&command.what)) {
    auto id = suppressions_->suppress(*suppress, command.actor, clock, bundle_->settings.max_state / kSuppressionShare);
    correlator_->take_back_suppressed(clock);
    if (!id) return std::unexpected(std::move(id.error()));
    return Done{.incident = {}, .suppression = std::move(*id)};
  }
  if (const auto* expire = std::get_if<Expire>(&command.what)) {
    auto id = suppressions_->expire(expire->id, clock);
    correlator_->take_back_suppressed(clock);
    if (!id) return std::unexpected(std::move(id.error()));
    return Done{.incident = {}, .suppression = std::move(*id)};
  }
  if (const auto* change = std::get_if<ImplementChange>(&command.what)) {
    if (change->id.empty() || change->service.empty()) return std::unexpected("a change needs an id and a service");
    correlator_->on_service_change({change->id, change->service, change->kind, change->implemented_at}, clock);
    return Done{};
  }
  if (!command.incident) return std::unexpected("it names no incident");
  const Found id = find(*command.incident);
  if (!id) return std::unexpected(id.error());
  return act_on(*id, command, clock);
}

CommandDesk::Answer CommandDesk::act_on(IncidentId id, const Command& command, Time clock) {
  return std::visit(
      [&](const auto& what) -> Answer {
        if constexpr (requires { act(id, what, command, clock); }) {
          return act(id, what, command, clock);
        } else {
          return Done{};
        }
      },
      command.what);
}

CommandDesk::Answer CommandDesk::act(IncidentId id, const Acknowledge& /*what*/, const Command& command, Time clock) {
  const IncidentRow& row = incidents_->row(id);
  if (std::string why = over(id); !why.empty()) return std::unexpected(std::move(why));
  if (row.state == IncidentState::resolved) return std::unexpected(name(id) + " is resolved; reopen it first");
  if (row.state == IncidentState::acknowledged) {
    return std::unexpected(name(id) + " is already acknowledged by " + row.hand().acknowledged_by);
  }
  incidents_->acknowledge(id, command.actor, clock);
  return Done{command.incident, {}};
}

CommandDesk::Answer CommandDesk::act(IncidentId id, const Assign& what, const Command& command, Time /*clock*/) {
  if (std::string why = over(id); !why.empty()) return std::unexpected(std::move(why));
  if (what.assignee.empty() && what.team.empty()) return std::unexpected("it names neither an assignee nor a team");
  incidents_->assign(id, what.assignee, what.team);
  return Done{command.incident, {}};
}

CommandDesk::Answer CommandDesk::act(IncidentId id, const Comment& what, const Command& command, Time /*clock*/) {
  if (std::string why = over(id); !why.empty()) return std::unexpected(std::move(why));
  if (what.text.empty()) return std::unexpected("the comment is empty");
  return Done{command.incident, {}};
}

CommandDesk::Answer CommandDesk::act(IncidentId id, const Resolve& /*what*/, const Command& command, Time clock) {
  if (std::string why = over(id); !why.empty()) return std::unexpected(std::move(why));
  if (incidents_->row(id).state == IncidentState::resolved) return std::unexpected(name(id) + " is already resolved");
  incidents_->resolve(id, clock);
  return Done{command.incident, {}};
}

CommandDesk::Answer CommandDesk::act(IncidentId id, const Reopen& /*what*/, const Command& command, Time /*clock*/) {
  if (std::string why = over(id); !why.empty()) return std::unexpected(std::move(why));
  if (incidents_->row(id).state != IncidentState::resolved) return std::unexpected(name(id) + " is not resolved");
  incidents_->reopen(id);
  return Done{command.incident, {}};
}

CommandDesk::Answer CommandDesk::act(IncidentId id, const Close& /*what*/, const Command& command, Time clock) {
  if (std::string why = over(id); !why.empty()) return std::unexpected(std::move(why));
  correlator_->close(id, clock);
  return Done{command.incident, {}};
}

CommandDesk::Answer CommandDesk::act(IncidentId id, const Merge& what, const Command& command, Time clock) {
  const Found into = find(what.into);
  if (!into) return std::unexpected(into.error());
  if (*into == id) return std::unexpected(name(id) + " can't be merged into itself");
  for (const IncidentId either : {id, *into}) {
    if (std::string why = over(either); !why.empty()) return std::unexpected(std::move(why));
  }
  correlator_->merge(id, *into, command.actor, clock);
  return Done{command.incident, {}};
}

CommandDesk::Answer CommandDesk::act(IncidentId id, const Split& what, const Command& command, Time clock) {
  if (std::string why = over(id); !why.empty()) return std::unexpected(std::move(why));
  const auto leaving = members(id, what.alerts);
  if (!leaving) return std::unexpected(leaving.error());
  const IncidentId fresh = correlator_->split(id, *leaving, command.actor, clock);
  return Done{IncidentKey{shard_, incidents_->row(fresh).number}, {}};
}

std::expected<std::vector<EpisodeId>, std::string> CommandDesk::members(IncidentId id,
                                                                        const std::vector<Fingerprint>& alerts) {
  if (alerts.empty()) return std::unexpected("it names no alerts");
  std::vector<Fingerprint> missing = alerts;
  std::vector<EpisodeId> found;
  const std::vector<EpisodeId>& all = incidents_->row(id).members;
  for (const EpisodeId member : all) {
    bool leaves = false;
    alerts_->for_each_instance(member, [&](VariantId v, const Instance&) {
      const Fingerprint fingerprint = alerts_->variant(v).fingerprint;
      leaves = leaves || std::ranges::find(alerts, fingerprint) != alerts.end();
      std::erase(missing, fingerprint);
    });
    if (leaves) found.push_back(member);
  }
  if (!missing.empty()) return std::unexpected("alert " + to_string(missing.front()) + " is not in " + name(id));
  if (found.size() == all.size()) return std::unexpected("these are all alerts of " + name(id));
  return found;
}

CommandDesk::Found CommandDesk::find(const IncidentKey& key) const {
  if (key.shard != shard_) return std::unexpected("there is no incident " + name(key) + " in this shard");
  const IncidentId id = incidents_->find(key.number);
  if (id != kNoIncident) {
    if (incidents_->row(id).published_once()) return id;
    return std::unexpected(name(key) + " is being published; try again");
  }
  if (!incidents_->had(key.number)) return std::unexpected("there is no incident " + name(key));
  return std::unexpected(name(key) + " was closed or merged, and that is final");
}

std::string CommandDesk::name(const IncidentKey& key) const {
  return to_string(key, bundle_->settings.incident_prefix);
}

std::string CommandDesk::name(IncidentId id) const { return name(IncidentKey{shard_, incidents_->row(id).number}); }

std::string CommandDesk::over(IncidentId id) const {
  const IncidentRow& row = incidents_->row(id);
  if (row.state == IncidentState::closed) return name(id) + " is closed, and that is final";
  if (row.state == IncidentState::merged) return name(id) + " was merged into " + name(row.merged_into);
  return {};
}

}  // namespace triaged
