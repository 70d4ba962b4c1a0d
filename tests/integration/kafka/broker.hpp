// What tests against a real broker share. Its address is in TRIAGED_TEST_KAFKA.
#pragma once

#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "connectors/kafka/admin.hpp"

namespace triaged::kafka {

inline constexpr Duration kLong = std::chrono::seconds(30);

inline ClientOptions broker() {
  const char* const address = std::getenv("TRIAGED_TEST_KAFKA");
  REQUIRE(address != nullptr);
  ClientOptions options;
  options.properties["bootstrap.servers"] = address;
  return options;
}

/// A name that no other test has, nor this one in another run.
inline std::string fresh_name() {
  static std::atomic<int> number{0};
  return "t" + std::to_string(::getpid()) + "-" + std::to_string(++number);
}

inline std::unique_ptr<Admin> admin() {
  auto made = Admin::open(broker());
  REQUIRE(made);
  return *std::move(made);
}

inline std::string fresh_topic(std::int32_t partitions = 1) {
  std::string name = fresh_name();
  const auto made = admin()->create({.name = name, .partitions = partitions, .replication = 1, .configuration = {}});
  INFO((made ? "" : made.error().message));
  REQUIRE(made);
  return name;
}

}  // namespace triaged::kafka
