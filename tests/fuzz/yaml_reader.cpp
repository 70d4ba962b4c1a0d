// The whole rules loader, and the catalogue's, on any bytes: neither crashes nor hangs, and what comes out holds
// together.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "config/load.hpp"

namespace {

using namespace triaged;
using namespace triaged::config;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

void check(const Loaded& loaded, const std::string& text) {
  require((loaded.bundle == nullptr) == has_errors(loaded.diagnostics), "a bundle or an error, never both");
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  const Diagnostic* last = nullptr;
  for (const auto& diagnostic : loaded.diagnostics) {
    require(!diagnostic.message.empty(), "a fault says what it is");
    require(diagnostic.line <= lines, "a fault is in the file");
    require((diagnostic.line == 0) == (diagnostic.column == 0), "a line has a column");
    require(diagnostic.message.find('\n') == std::string::npos, "a message is one line");
    require(last == nullptr || diagnostic.line == 0 || last->line <= diagnostic.line, "faults are in order");
    require(render(diagnostic).starts_with(diagnostic.file + ":"), "a fault can be shown");
    last = &diagnostic;
  }
}

void check_rule(const CorrelationRule& rule) {
  require(!rule.name.empty() && rule.origin.line > 0, "a rule has a name and a place");
  require(rule.timespan > Duration{0} && rule.timespan <= std::chrono::hours(24), "a timespan is within its bounds");
  require(rule.hold >= Duration{0} && rule.hold <= std::chrono::hours(1), "a hold is within its bounds");
  if (const auto* topology = std::get_if<ByTopology>(&rule.by)) {
    require(topology->hops >= 1 && topology->hops <= 16, "hops are within their bounds");
  } else {
    require(!std::get<ByLabels>(rule.by).labels.empty(), "by labels has labels");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const Loaded rules = load_texts({{"fuzz.yaml", text}});
  check(rules, text);
  if (rules.bundle) {
    for (const auto& rule : rules.bundle->correlate) check_rule(rule);
  }
  const Loaded catalogue = load_texts({}, {{"fuzz.yaml", text}});
  check(catalogue, text);
  if (catalogue.bundle) {
    const auto& services = catalogue.bundle->catalogue.services;
    for (const auto& service : services) {
      require(!service.name.empty(), "a service has a name");
      for (const auto& dependency : service.depends_on) {
        require(dependency.needs >= 1 && dependency.needs <= dependency.of.size(), "a dependency can be met");
        for (const ServiceId id : dependency.of)
          require(index(id) < services.size(), "a dependency is in the catalogue");
      }
    }
  }
  return 0;
}
