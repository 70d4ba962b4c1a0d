# cmake -DROOT=FOLDER -DFILE=OUT.cpp [-DREVISION=TEXT] -P write_revision.cmake: the commit that FOLDER is of ("-dirty":
# and something was changed) as a C++ constant.
cmake_minimum_required(VERSION 3.25)

if(NOT REVISION)
  find_program(GIT git)
  if(GIT)
    # A folder inside somebody else's repository is none of its commits.
    execute_process(COMMAND ${GIT} -C ${ROOT} rev-parse --show-prefix OUTPUT_VARIABLE prefix RESULT_VARIABLE failed
                    ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(failed EQUAL 0 AND prefix STREQUAL "")
      execute_process(COMMAND ${GIT} -C ${ROOT} describe --always --abbrev=12 --exclude=* --dirty
                      OUTPUT_VARIABLE REVISION ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
    endif()
  endif()
endif()
if(NOT REVISION MATCHES "^[-+._A-Za-z0-9]*$")
  message(FATAL_ERROR "a revision has letters, digits, and -+._: ${REVISION}")
endif()
file(CONFIGURE OUTPUT ${FILE} CONTENT "// Written by cmake/write_revision.cmake.
#include \"daemon/cli/version.hpp\"

namespace triaged::cli {
const char* revision_text() { return \"@REVISION@\"; }
}  // namespace triaged::cli
" @ONLY)
