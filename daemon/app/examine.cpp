#include "daemon/app/examine.hpp"

#include <iterator>

#include "connectors/http/secrets.hpp"
#include "connectors/kafka/examine.hpp"

namespace triaged::app {

std::vector<config::SettingsFault> examine_settings(const config::Settings& settings) {
  auto faults = http::examine_secrets(settings);
  std::ranges::move(kafka::examine_properties(settings), std::back_inserter(faults));
  return faults;
}

}  // namespace triaged::app
