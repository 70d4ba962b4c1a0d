// What the process tells whoever started it.
#pragma once

namespace triaged::cli {

enum class ExitCode : int {
  good = 0,
  failed = 1,          // a test, or --strict
  usage = 2,           // the command line, or a file that can't be opened
  internal = 70,       // our fault, or the machine's: an output could not be written, …
  configuration = 78,  // faults in configuration, catalogue or rules
};

}  // namespace triaged::cli
