// Faults in the files of secrets that a configuration names: what a listener would refuse at its start.
#pragma once

#include <vector>

#include "config/load.hpp"

namespace triaged::http {

/// Reads passwords, tokens, certificates and keys, all of them; a config::ExamineSettings.
[[nodiscard]] std::vector<config::SettingsFault> examine_secrets(const config::Settings& settings);

}  // namespace triaged::http
