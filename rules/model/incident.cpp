#include "rules/model/incident.hpp"

namespace triaged {

std::string_view to_string(IncidentState state) {
  switch (state) {
    case IncidentState::open: return "open";
    case IncidentState::acknowledged: return "acknowledged";
    case IncidentState::resolved: return "resolved";
    case IncidentState::closed: return "closed";
    case IncidentState::merged: return "merged";
  }
  return "open";
}

std::string_view to_string(IncidentChange change) {
  switch (change) {
    case IncidentChange::opened: return "opened";
    case IncidentChange::updated: return "updated";
    case IncidentChange::acknowledged: return "acknowledged";
    case IncidentChange::resolved: return "resolved";
    case IncidentChange::reopened: return "reopened";
    case IncidentChange::closed: return "closed";
    case IncidentChange::merged: return "merged";
  }
  return "updated";
}

std::string to_string(const IncidentKey& key, std::string_view prefix) {
  return std::string(prefix) + "-" + std::to_string(key.shard) + "-" + std::to_string(key.number);
}

std::string_view to_string(AlertState state) {
  switch (state) {
    case AlertState::firing: return "firing";
    case AlertState::resolved: return "resolved";
    case AlertState::flapping: return "flapping";
    case AlertState::dropped: return "dropped";
    case AlertState::rejected: return "rejected";
  }
  return "firing";
}

}  // namespace triaged
