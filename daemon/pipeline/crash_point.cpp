#include "daemon/pipeline/crash_point.hpp"

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <string>

#include <unistd.h>

#include "rules/engine/version.hpp"

namespace triaged::pipeline {
namespace {

struct Planned {
  std::string name;
  int count = 1;
  pid_t daemon = ::getpid();

  static Planned read() {
    Planned planned;
    const char* text = std::getenv("TRIAGED_TEST_CRASH_AT");  // NOLINT(concurrency-mt-unsafe): nothing sets it
    if (text == nullptr) return planned;
    planned.name = text;
    if (const auto colon = planned.name.rfind(':'); colon != std::string::npos) {
      const char* end = planned.name.data() + planned.name.size();
      std::from_chars(planned.name.data() + colon + 1, end, planned.count);
      planned.name.resize(colon);
    }
    return planned;
  }
};

const char* poison() {
  static const char* const kPoison = std::getenv("TRIAGED_TEST_POISON");  // NOLINT(concurrency-mt-unsafe): as above
  return kPoison;
}

}  // namespace

void crash_point(std::string_view name) {
  static const Planned kPlanned = Planned::read();
  static std::atomic<int> passed = 0;
  if (kPlanned.name.empty() || kPlanned.name != name || ++passed != kPlanned.count) return;
  ::kill(kPlanned.daemon, SIGKILL);
  ::kill(::getpid(), SIGKILL);
}

bool looks_for_poison() { return poison() != nullptr; }

void poison_point(std::string_view payload) {
  if (poison() != nullptr && payload.find(poison()) != std::string_view::npos) std::abort();
}

std::string_view engine_version() {
  static const char* const kOther = std::getenv("TRIAGED_TEST_ENGINE_VERSION");  // NOLINT(concurrency-mt-unsafe)
  return kOther != nullptr ? std::string_view(kOther) : kEngineVersion;
}

}  // namespace triaged::pipeline
