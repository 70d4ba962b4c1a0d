#include "daemon/app/board.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>

#include "connectors/files/file_descriptor.hpp"

namespace triaged::app {
namespace {

struct Daemon {
  files::FileDescriptor nowhere{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  metrics::Registry registry;
  telemetry::Metrics metrics{registry, "1", ""};
  telemetry::Logger logger{{telemetry::Format::logfmt, telemetry::Level::error}, nowhere.get(), &clock::read};
  telemetry::Telemetry telemetry{registry, metrics, logger};
  Board board{"1", "triaged.yaml", Time{}, telemetry};

  /// A cut has taken the records up to this one.
  void taken(std::uint32_t shard, log::Position through) {
    pipeline::ShardView view;
    view.bundle = std::make_shared<Bundle>();
    view.cut.through = through;
    board.view(shard, std::move(view), Time{});
  }
  /// Whether time counts as lost: looked at when some has passed.
  [[nodiscard]] bool stuck() const {
    const clock::Stopwatch stopwatch;
    while (stopwatch.elapsed() < Duration{2}) {
    }
    return board.stuck_for() > Duration{0};
  }
};

TEST_CASE("a shard is stuck while what it was given is in no cut") {
  Daemon daemon;
  daemon.board.owned({0, 1});
  CHECK_FALSE(daemon.stuck());
  daemon.taken(0, 5);
  CHECK_FALSE(daemon.stuck());
  daemon.board.durable(0, 6);
  CHECK(daemon.stuck());
  daemon.taken(0, 6);
  CHECK_FALSE(daemon.stuck());
  daemon.board.durable(0, 7);
  CHECK(daemon.stuck());
  daemon.board.owned({1});
  CHECK_FALSE(daemon.stuck());
}

TEST_CASE("a shard is stuck while its topic has records that it is not given") {
  Daemon daemon;
  daemon.board.owned({0});
  daemon.board.queues(0, {.lag = 3});
  CHECK_FALSE(daemon.stuck());  // it recovers
  daemon.taken(0, 5);
  CHECK(daemon.stuck());
  daemon.board.halted(0, "a record that nobody can take");
  CHECK_FALSE(daemon.stuck());  // that is told otherwise
  daemon.board.halted(0, "");
  CHECK(daemon.stuck());
  daemon.board.queues(0, {.lag = 0});
  CHECK_FALSE(daemon.stuck());
  daemon.board.queues(0, {.lag = 1});
  CHECK(daemon.stuck());
  // What moves is not stuck, however much there is.
  const Duration before = daemon.board.stuck_for();
  daemon.taken(0, 6);
  CHECK(daemon.board.stuck_for() < before);
}

}  // namespace
}  // namespace triaged::app
