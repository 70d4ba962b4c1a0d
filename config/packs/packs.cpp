#include "config/packs/packs.hpp"

#include <algorithm>
#include <string>

namespace triaged::config {

std::span<const PackFile> pack_files(std::string_view pack) {
  const std::string folder = "packs/" + std::string(pack) + "/";
  const auto all = all_pack_files();
  const auto in_pack = [&](const PackFile& file) { return file.name.starts_with(folder); };
  // The table is sorted by name, so the files of one folder stand together.
  const auto first = std::find_if(all.begin(), all.end(), in_pack);
  const auto last = std::find_if_not(first, all.end(), in_pack);
  return {first, last};
}

}  // namespace triaged::config
