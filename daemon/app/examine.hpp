// What only connectors can find wrong with settings.
#pragma once

#include <vector>

#include "config/load.hpp"

namespace triaged::app {

/// Files of secrets, certificates, Kafka's properties; a config::ExamineSettings. Nothing is connected to.
[[nodiscard]] std::vector<config::SettingsFault> examine_settings(const config::Settings& settings);

}  // namespace triaged::app
