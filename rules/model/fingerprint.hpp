// The fingerprint that people see: Prometheus's (prometheus/common model/signature.go), FNV-1a 64 over the canonical
// label bytes. It is for show and for links to other tools; equality always compares labels, since it collides.
#pragma once

#include <cstdint>
#include <string>

#include "rules/model/labels.hpp"

namespace triaged {

enum class Fingerprint : std::uint64_t {};

[[nodiscard]] Fingerprint fingerprint(LabelsView labels);

/// 16 lower-case hex digits, as Alertmanager prints it.
[[nodiscard]] std::string to_string(Fingerprint value);

}  // namespace triaged
