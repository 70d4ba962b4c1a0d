// A broken invariant ends the process, in release builds too: state that can't be trusted must not be published.
#pragma once

#include <cstdlib>

#define TRIAGED_CHECK(condition)   \
  do {                             \
    if (!(condition)) [[unlikely]] \
      std::abort();                \
  } while (false)
