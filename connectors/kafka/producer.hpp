// Records one by one, outside any transaction: idempotent, so that none is there twice, and in the order of the calls.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>

#include "connectors/kafka/client.hpp"
#include "rules/model/time.hpp"

namespace triaged::kafka {

/// Thread-safe. Has one thread, which calls what send() was given; beside librdkafka's.
class Producer {
 public:
  /// A record that the brokers have not taken after `give_up` is an error.
  static std::expected<std::unique_ptr<Producer>, Error> open(ClientOptions client,
                                                              Duration give_up = std::chrono::seconds(30));
  /// What is still under way is told as an error.
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  /// The record's offset, once all brokers that have to have it have it. A `retriable` error: nobody knows whether it
  /// is there, or will be; `fatal`: open another producer.
  std::expected<std::int64_t, Error> send(const OutgoingRecord& record, Duration patience);

  using Sent = std::move_only_function<void(std::expected<std::int64_t, Error>)>;
  /// `sent` is called exactly once, by this object's thread or from within the call; it does not block. Waits while the
  /// queue is full (librdkafka's queue.buffering.max.kbytes).
  void send(const OutgoingRecord& record, Sent sent);

 private:
  struct Impl;
  explicit Producer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace triaged::kafka
