#include "connectors/systemd/notify.hpp"

#include <array>
#include <cstddef>
#include <cstring>
#include <string>

#include <catch2/catch.hpp>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/support/temporary_folder.hpp"

namespace triaged::systemd {
namespace {

using namespace std::chrono_literals;

// As systemd listens; `name` as it stands in NOTIFY_SOCKET.
class Manager {
 public:
  explicit Manager(const std::string& name) : descriptor_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    REQUIRE(::bind(descriptor_.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0);
  }
  std::string heard() {
    std::array<char, 4096> bytes{};
    const auto got = ::recv(descriptor_.get(), bytes.data(), bytes.size(), 0);
    return got < 0 ? std::string("nothing") : std::string(bytes.data(), static_cast<std::size_t>(got));
  }

 private:
  files::FileDescriptor descriptor_;
};

TEST_CASE("systemd: each message is one datagram, to a path or an abstract name", "[systemd]") {
  const test::TemporaryFolder folder;
  const std::string name =
      GENERATE(true, false) ? folder.file("notify") : "@triaged-test-" + std::to_string(::getpid());
  CAPTURE(name);
  Manager manager(name);
  const auto notifier = Notifier::make(name, 15s);
  REQUIRE(notifier);
  CHECK(notifier->listening());
  CHECK(notifier->watchdog() == Duration{15s});
  CHECK(notifier->ready("up\nREADY=0"));
  CHECK(manager.heard() == "READY=1\nSTATUS=up READY=0");
  CHECK(notifier->reloading(17us));
  CHECK(manager.heard() == "RELOADING=1\nMONOTONIC_USEC=17");
  CHECK(notifier->status("2 sources"));
  CHECK(manager.heard() == "STATUS=2 sources");
  CHECK(notifier->alive());
  CHECK(manager.heard() == "WATCHDOG=1");
  CHECK(notifier->extend_timeout(30s));
  CHECK(manager.heard() == "EXTEND_TIMEOUT_USEC=30000000");
  CHECK(notifier->stopping("SIGTERM"));
  CHECK(manager.heard() == "STOPPING=1\nSTATUS=SIGTERM");
  CHECK(manager.heard() == "nothing");
}

TEST_CASE("systemd: where nobody listens nothing is sent", "[systemd]") {
  const auto notifier = Notifier::make("", std::nullopt);
  REQUIRE(notifier);
  CHECK_FALSE(notifier->listening());
  CHECK_FALSE(notifier->ready("up"));
  const test::TemporaryFolder folder;
  const auto gone = Notifier::make(folder.file("gone"), std::nullopt);
  REQUIRE(gone);
  CHECK_FALSE(gone->ready("up"));
}

TEST_CASE("systemd: what can't be a socket is refused", "[systemd]") {
  CHECK_FALSE(Notifier::make("relative", std::nullopt));
  CHECK_FALSE(Notifier::make("@", std::nullopt));
  CHECK_FALSE(Notifier::make("vsock:2:1234", std::nullopt));
  CHECK_FALSE(Notifier::make("/" + std::string(200, 'x'), std::nullopt));
  CHECK(Notifier::make("/" + std::string(sizeof(sockaddr_un::sun_path) - 2, 'x'), std::nullopt));
}

TEST_CASE("systemd: the watchdog is fed twice as often as it asks for", "[systemd]") {
  CHECK(parse_watchdog("30000000", "", 5) == Duration{15s});
  CHECK(parse_watchdog("30000000", "5", 5) == Duration{15s});
  CHECK(parse_watchdog("1", "5", 5) == Duration{1ms});
  CHECK_FALSE(parse_watchdog("30000000", "6", 5));
  CHECK_FALSE(parse_watchdog("30000000", "x", 5));
  for (const char* text : {"", "0", "-1", "x", "5s", "99999999999999999999999"})
    CHECK_FALSE(parse_watchdog(text, "", 5));
}

}  // namespace
}  // namespace triaged::systemd
