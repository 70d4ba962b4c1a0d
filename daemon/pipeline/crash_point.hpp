// Where tests reach into the daemon: named points at which they kill it, as a power cut would, and what it says it is.
#pragma once

#include <string_view>

namespace triaged::pipeline {

/// Nothing, unless TRIAGED_TEST_CRASH_AT=NAME[:COUNT] names this point: then the process, or the one that forked it,
/// dies of SIGKILL when it gets here for the COUNT-th time (1 if not given). Thread-safe.
void crash_point(std::string_view name);

/// Nothing, unless TRIAGED_TEST_POISON is set and `payload` holds it: then the process aborts, as a fault of the engine
/// would make it. Thread-safe.
void poison_point(std::string_view payload);

/// Whether poison_point() does anything: then payloads are kept for it. Thread-safe.
[[nodiscard]] bool looks_for_poison();

/// The engine's version, which cuts and snapshots name; or what TRIAGED_TEST_ENGINE_VERSION says: a triaged of another
/// version in all but what it does. Thread-safe.
[[nodiscard]] std::string_view engine_version();

}  // namespace triaged::pipeline
