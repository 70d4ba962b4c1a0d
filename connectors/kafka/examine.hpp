// Faults in `kafka: {properties: …}`: what a client would refuse.
#pragma once

#include <vector>

#include "config/load.hpp"

namespace triaged::kafka {

/// Names, values, what they need of each other, certificates and keys; connects to nothing and runs nothing. A
/// config::ExamineSettings. Messages name properties, never their values.
[[nodiscard]] std::vector<config::SettingsFault> examine_properties(const config::Settings& settings);

}  // namespace triaged::kafka
