#include <csignal>
#include <exception>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "daemon/cli/command_line.hpp"
#include "daemon/cli/console.hpp"

namespace {

// Whoever closed standard input or output must not see a file of ours take its number: the null device takes it, opened
// the wrong way round, so that reading or writing still fails.
void keep_standard_descriptors_taken() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    (void)::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

}  // namespace

int main(int argc, char** argv) {
  keep_standard_descriptors_taken();
  // A reader that goes away is an error of write(), not a death.
  std::signal(SIGPIPE, SIG_IGN);
  // Nor is a limit on the size of files: it is told like a full disk.
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    return static_cast<int>(triaged::cli::run_command_line(argc, argv));
  } catch (const std::exception& exception) {
    triaged::cli::complain(std::string("internal error: ") + exception.what());
    return static_cast<int>(triaged::cli::ExitCode::internal);
  }
}
