#include "connectors/kafka/examine.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "config/reading/values.hpp"
#include "connectors/kafka/client.hpp"
#include "connectors/kafka/native.hpp"

namespace triaged::kafka {
namespace {

using Properties = std::map<std::string, std::string>;

/// Every name that librdkafka knows, and that is a person's to set: the first column of what it prints.
std::vector<std::string> known_names() {
  char* printed = nullptr;
  std::size_t size = 0;
  std::FILE* const stream = ::open_memstream(&printed, &size);
  if (stream == nullptr) return {};
  rd_kafka_conf_properties_show(stream);
  std::fclose(stream);
  const std::unique_ptr<char, decltype(&std::free)> owner(printed, &std::free);
  std::vector<std::string> names;
  std::string_view rest(printed, size);
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const auto bar = line.find('|');
    const std::string_view name = line.substr(0, line.find(' '));
    const bool is_name = bar != std::string_view::npos && !name.empty() &&
                         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._") == std::string_view::npos;
    if (is_name && !owned_properties().contains(name)) names.emplace_back(name);
  }
  return names;
}

/// Making a client would run a program (kinit) or ask a server for a token.
bool acts_when_made(const Properties& properties) {
  const auto protocol = properties.find("security.protocol");
  if (protocol == properties.end() ||
      (!protocol->second.starts_with("SASL") && !protocol->second.starts_with("sasl"))) {
    return false;
  }
  for (const char* const name : {"sasl.mechanism", "sasl.mechanisms"}) {
    const auto mechanism = properties.find(name);
    if (mechanism != properties.end()) return mechanism->second == "GSSAPI" || mechanism->second == "OAUTHBEARER";
  }
  return true;  // GSSAPI is librdkafka's default
}

}  // namespace

std::vector<config::SettingsFault> examine_properties(const config::Settings& settings) {
  if (settings.kafka_properties.empty()) return {};
  std::vector<config::SettingsFault> faults;
  std::vector<std::string> known;
  for (const auto& property : settings.kafka_properties) {
    ClientOptions alone;
    alone.properties.insert(property);
    const auto good = check_properties(alone);
    if (good) continue;
    const auto& name = property.first;
    config::SettingsFault& fault = faults.emplace_back();
    fault.key = "kafka.properties." + name;
    fault.message = good.error().message;
    if (known.empty()) known = known_names();
    const bool owned = owned_properties().contains(name);
    const bool is_known = std::ranges::find(known, name) != known.end();
    fault.of_key = owned || !is_known;
    if (!owned && !is_known) fault.message = config::unknown("property of librdkafka", name, known);
  }
  if (!faults.empty() || acts_when_made(settings.kafka_properties)) return faults;
  // A client that knows no broker connects to nothing, and says what its properties need of each other.
  ClientOptions offline{.properties = settings.kafka_properties};
  for (const char* const brokers : {"bootstrap.servers", "metadata.broker.list"}) offline.properties.erase(brokers);
  auto conf = make_conf(offline, {});
  if (!conf) return {{"kafka.properties", conf.error().message}};
  if (auto client = make_client(RD_KAFKA_CONSUMER, *std::move(conf)); !client) {
    faults.push_back({"kafka.properties", client.error().message});
  }
  return faults;
}

}  // namespace triaged::kafka
