#include "rules/model/command.hpp"

namespace triaged {

std::string_view to_string(Suppression::Kind kind) {
  switch (kind) {
    case Suppression::Kind::silence: return "silence";
    case Suppression::Kind::maintenance: return "maintenance";
  }
  return "silence";
}

std::string_view to_string(SuppressionDocument::State state) {
  switch (state) {
    case SuppressionDocument::State::pending: return "pending";
    case SuppressionDocument::State::active: return "active";
    case SuppressionDocument::State::expired: return "expired";
  }
  return "pending";
}

}  // namespace triaged
