// Catalogue files → services, configuration items and what depends on what.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/yaml/node.hpp"
#include "rules/model/catalogue.hpp"

namespace triaged::config {

/// Reads one catalogue file after the other, then resolves names over all of them. Not thread-safe.
class CatalogueReader {
 public:
  /// `document` must stay where it is until finish() returned.
  void read(yaml::Document& document);
  /// Once, after the last file. Faults go to the documents'. `complete`: whether all files could be read; where not,
  /// an unknown name may stand in what is missing, and is no fault.
  [[nodiscard]] Catalogue finish(bool complete);

 private:
  using Names = std::unordered_map<std::string_view, std::uint32_t>;
  /// Where a service or item was declared.
  struct Declared {
    yaml::Faults* faults;
    const yaml::Node* node;
  };

  void read_services(const yaml::Node& list, yaml::Faults& faults);
  void read_items(const yaml::Node& list, yaml::Faults& faults);
  static bool declare(Names& names, std::vector<Declared>& declared, std::string_view what, const yaml::Node& node,
                      yaml::Faults& faults);
  void resolve(Service& service, const Declared& declared);
  void add_dependency(Service& service, const yaml::Node& node, yaml::Faults& faults);
  [[nodiscard]] ServiceId find_service(const yaml::Node& name, yaml::Faults& faults);
  void report_unknown(std::string_view what, const yaml::Node& name, std::vector<std::string>& known,
                      const std::vector<Declared>& declared, yaml::Faults& faults);
  void warn_of_cycles() const;

  Catalogue catalogue_;
  Names service_names_;
  Names item_names_;
  std::vector<Declared> declared_services_;
  std::vector<Declared> declared_items_;
  std::vector<std::string> known_services_;  // filled when a name is unknown
  std::vector<std::string> known_items_;
  std::size_t suggestions_ = 0;
  bool complete_ = true;
};

/// The top-level keys of a catalogue file.
[[nodiscard]] const std::vector<std::string>& catalogue_file_keys();

}  // namespace triaged::config
