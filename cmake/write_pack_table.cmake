# cmake -DLIST=FILES -DROOT=FOLDER -DTABLE=OUT.cpp -P write_pack_table.cmake: the texts of the files in LIST (one path a
# line, sorted) as a C++ table; their names are relative to ROOT.
cmake_minimum_required(VERSION 3.25)

file(STRINGS ${LIST} files)
list(LENGTH files count)
set(rows "")
foreach(file IN LISTS files)
  file(READ "${file}" text)
  file(RELATIVE_PATH name "${ROOT}" "${file}")
  string(APPEND rows "    PackFile{\"${name}\", R\"triaged-pack(${text})triaged-pack\"},\n")
endforeach()
file(WRITE ${TABLE} "// Written by cmake/write_pack_table.cmake.
#include <array>

#include \"config/packs/packs.hpp\"

namespace triaged::config {
namespace {
const std::array<PackFile, ${count}> kPackTable{{
${rows}}};
}  // namespace

std::span<const PackFile> all_pack_files() { return kPackTable; }

}  // namespace triaged::config
")
