#include "connectors/log/cut_chain.hpp"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "connectors/log/cut_codec.hpp"

namespace triaged::log {
namespace {

constexpr std::size_t kReadCuts = 256;

/// What is wrong with a cut that follows another; empty: nothing.
std::string fault_between(const Cut& before, const Cut& cut) {
  if (cut.number != before.number + 1) return fmt::format("follows cut {}", before.number);
  if (cut.previous != hash_of(before)) return "names another hash than that of the cut before";
  if (cut.through < before.through) return "ends before the cut before";
  if (cut.clock < before.clock) return "is earlier than the cut before";
  if (cut.outputs < before.outputs) return "counts fewer outputs than the cut before";
  return {};
}

/// What is wrong with the outputs that are kept of a cut.
std::string fault_of_outputs(const std::optional<Cut>& before, const Cut& cut, const std::vector<Output>& outputs,
                             std::uint64_t rejected_gone) {
  if (outputs.empty()) return {};  // none, or let go
  if (hash_of(outputs) == cut.outputs_hash) {
    const bool counts = !before || before->outputs + outputs.size() == cut.outputs;
    return counts ? std::string() : "has another number of outputs than it counts";
  }
  // Where what was rejected is gone, nobody can check the hash; the others are fewer than it counts.
  const bool fewer = !before || before->outputs + outputs.size() < cut.outputs;
  return cut.number <= rejected_gone && fewer ? std::string() : "has other outputs than its hash says";
}

}  // namespace

std::expected<CutChain, std::string> check_cuts(LogReader& log, std::uint64_t through, bool outputs) {
  CutChain chain;
  const auto gone = log.rejected_gone();
  if (!gone) return std::unexpected(gone.error().message);
  std::optional<Cut> before;
  const auto wrong = [](const Cut& cut, const std::string& fault) {
    return std::unexpected(fmt::format("cut {} {}", cut.number, fault));
  };
  while (chain.last < through) {
    auto cuts = log.cuts(chain.last, kReadCuts);
    if (!cuts) return std::unexpected(cuts.error().message);
    if (cuts->empty()) break;
    for (Cut& cut : *cuts) {
      if (cut.number > through) return chain;
      if (before && cut.number != before->number + 1) {
        // A daemon that runs lets the oldest go: then the chain begins here.
        const auto oldest = log.cuts(0, 1);
        if (oldest && !oldest->empty() && oldest->front().number == cut.number) before.reset();
      }
      if (before) {
        if (const std::string fault = fault_between(*before, cut); !fault.empty()) return wrong(cut, fault);
      } else {
        chain.first = cut.number;
        chain.from = cut.clock;
      }
      if (outputs) {
        const auto kept = log.outputs(cut.number);
        if (!kept) return std::unexpected(kept.error().message);
        if (const std::string fault = fault_of_outputs(before, cut, *kept, *gone); !fault.empty())
          return wrong(cut, fault);
      }
      chain.last = cut.number;
      chain.to = cut.clock;
      before = std::move(cut);
    }
  }
  return chain;
}

}  // namespace triaged::log
