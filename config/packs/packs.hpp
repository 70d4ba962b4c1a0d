// The rule packs that are compiled into the binary.
#pragma once

#include <span>
#include <string_view>

namespace triaged::config {

struct PackFile {
  std::string_view name;  // "packs/default/10-topology.yaml"
  std::string_view text;
};

/// Every file of every pack, by name. Valid for the life of the process; safe from any thread.
[[nodiscard]] std::span<const PackFile> all_pack_files();

/// The files of one pack ("default"), by name; empty where there is no such pack.
[[nodiscard]] std::span<const PackFile> pack_files(std::string_view pack);

}  // namespace triaged::config
