// Topics: what they are like, and making them.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/kafka/client.hpp"
#include "rules/model/time.hpp"

namespace triaged::kafka {

/// One thread at a time. Calls block for at most `patience`.
class Admin {
 public:
  static std::expected<std::unique_ptr<Admin>, Error> open(ClientOptions client,
                                                           Duration patience = std::chrono::seconds(10));
  ~Admin();
  Admin(const Admin&) = delete;
  Admin& operator=(const Admin&) = delete;

  /// The brokers it was told of, as in bootstrap.servers.
  [[nodiscard]] std::string brokers() const;

  struct Topic {
    std::int32_t partitions = 0;
    std::map<std::string, std::string, std::less<>> configuration;  // as the broker has it, defaults too
  };
  /// Nothing: there is no such topic.
  std::expected<std::optional<Topic>, Error> describe(const std::string& topic);

  struct NewTopic {
    std::string name;
    std::int32_t partitions = 1;
    std::int32_t replication = -1;  // -1: the cluster's default
    std::map<std::string, std::string, std::less<>> configuration;
  };
  /// One that is there already is left as it is.
  std::expected<void, Error> create(const NewTopic& topic);

  /// Deletes what stands before the offset.
  std::expected<void, Error> delete_before(const std::string& topic, std::int32_t partition, std::int64_t offset);

 private:
  struct Impl;
  explicit Admin(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace triaged::kafka
