// What a thread is called in `top -H`, `ps -L` and profiles (pthread_setname_np).
#pragma once

#include <pthread.h>

namespace triaged::systemd {

/// Names the calling thread; the kernel keeps 15 letters.
inline void name_thread(const char* name) { pthread_setname_np(pthread_self(), name); }

}  // namespace triaged::systemd
