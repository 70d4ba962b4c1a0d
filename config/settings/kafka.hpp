// The blocks of a triaged.yaml that are about Kafka.
#pragma once

#include <map>
#include <string>

#include "config/settings/settings.hpp"
#include "config/yaml/node.hpp"

namespace triaged::config {

/// The value of `kafka` in `log`.
void read_kafka_log(const yaml::Node& node, yaml::Faults& faults, Settings& settings);
/// The value of `kafka` in a source.
void read_kafka_source(const yaml::Node& node, yaml::Faults& faults, KafkaSource& source);
/// The value of `kafka` at the top: properties by librdkafka's names. Reads the files that hold secrets; makes paths
/// ones seen from the file's folder. Whether librdkafka has such properties is for who links it to say.
void read_kafka_properties(const yaml::Node& node, yaml::Faults& faults,
                           std::map<std::string, std::string>& properties);

/// What these blocks need of each other, and of the rest. `root`: the whole configuration, from which `settings` were
/// read.
void check_kafka(const yaml::Node& root, yaml::Faults& faults, const Settings& settings);

}  // namespace triaged::config
