// One load: reads files one after the other and puts together what they hold.
#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/catalogue/reader.hpp"
#include "config/load.hpp"
#include "config/ruleset/ruleset.hpp"
#include "config/settings/reader.hpp"
#include "config/yaml/node.hpp"

namespace triaged::config {

/// Not thread-safe; used once.
class Loading {
 public:
  enum class Kind : std::uint8_t { unknown, configuration, rules, catalogue };

  /// Each file once, whatever names it.
  void read_path(Kind kind, const std::string& path);
  void read_text(Kind kind, std::string name, std::string text, bool shipped = false);
  /// Rule files; a fault of the command line where there is none.
  void read_rule_glob(const std::string& pattern);
  void read_pack(std::string_view pack);
  void set_engine(EngineSettings engine) { engine_ = std::move(engine); }
  void set_examine(ExamineSettings examine) { examine_ = std::move(examine); }
  void set_sources(std::vector<SourceSettings> sources) { sources_ = std::move(sources); }

  [[nodiscard]] Loaded finish();
  /// After finish(): the files, without those of packs.
  [[nodiscard]] const std::vector<Checked>& checked() const { return checked_; }

 private:
  struct File {
    Kind kind = Kind::unknown;
    yaml::Document document;
    Diagnostics faults;  // of a file that could not be read
    std::size_t rules = 0;
    bool shipped = false;
  };

  void read_document(File& file);
  void read_named_files(const File& file, Configuration configuration);
  void examine_settings(const File& file) const;
  void read_globs(const File& file, Kind kind, const std::vector<Glob>& globs, std::vector<std::string>& resolved);
  void fault(std::string file, std::string message, bool unreadable);
  void summarize(const Catalogue& catalogue);
  [[nodiscard]] std::string recorded() const;
  [[nodiscard]] static Kind kind_of(const yaml::Document& document);

  std::deque<File> files_;      // never moved: readers point into the documents
  std::set<std::string> read_;  // paths and names of packs' files
  RuleReader rules_;
  CatalogueReader catalogue_;
  EngineSettings engine_;
  Settings settings_;
  ExamineSettings examine_;
  std::vector<SourceSettings> sources_;
  std::vector<Checked> checked_;
};

}  // namespace triaged::config
