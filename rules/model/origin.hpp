// Where in the user's files something was written, so that outputs and faults can point at it.
#pragma once

#include <cstdint>
#include <string>

namespace triaged {

struct Origin {
  std::string file;
  std::uint32_t line = 0;  // 1-based; 0: built in
};

}  // namespace triaged
