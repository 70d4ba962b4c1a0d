#include "daemon/replay/bounded_queue.hpp"

#include <atomic>
#include <thread>

#include <catch2/catch.hpp>

using triaged::replay::BoundedQueue;

TEST_CASE("a queue keeps the order") {
  BoundedQueue<int> queue(3);
  CHECK(queue.push(1));
  CHECK(queue.push(2));
  CHECK(queue.pop() == 1);
  CHECK(queue.pop() == 2);
  CHECK(queue.try_pop() == std::nullopt);
}

TEST_CASE("a closed queue gives what it has, and takes no more") {
  BoundedQueue<int> queue(3);
  CHECK(queue.push(1));
  queue.close();
  CHECK_FALSE(queue.push(2));
  CHECK(queue.pop() == 1);
  CHECK(queue.pop() == std::nullopt);
}

TEST_CASE("a full queue makes the faster thread wait") {
  constexpr int kValues = 2000;
  BoundedQueue<int> queue(2);
  std::atomic<int> pushed = 0;
  std::thread producer([&] {
    for (int value = 0; value < kValues; ++value) {
      queue.push(value);
      ++pushed;
    }
    queue.close();
  });
  int taken = 0;
  bool in_order = true;
  bool bounded = true;
  while (const auto value = queue.pop()) {
    in_order = in_order && *value == taken;
    ++taken;
    // Two in the queue, and the one that is being pushed or popped.
    bounded = bounded && pushed <= taken + 3;
  }
  producer.join();
  CHECK(taken == kValues);
  CHECK(in_order);
  CHECK(bounded);
}

TEST_CASE("closing wakes whoever waits") {
  BoundedQueue<int> empty(1);
  BoundedQueue<int> full(1);
  REQUIRE(full.push(1));
  std::thread reader([&] { (void)empty.pop(); });
  std::thread writer([&] { (void)full.push(2); });
  empty.close();
  full.close();
  reader.join();
  writer.join();
  CHECK(full.pop() == 1);
}
