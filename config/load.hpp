// Files → one validated bundle. The only entrance to config/ for the layers above.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/diagnostics.hpp"
#include "config/settings/settings.hpp"
#include "rules/model/bundle.hpp"

namespace triaged::config {

struct Loaded {
  std::shared_ptr<const Bundle> bundle;  // null where diagnostics hold an error
  Settings settings;
  std::string recorded;     // all that the bundle was made from, for a log; see load_recorded()
  Diagnostics diagnostics;  // every fault of every file, in file and line order; warnings too
};

/// What `replay` is given: rule globs (none: the pack `default`, which is compiled in), a catalogue file.
/// A glob that matches nothing is an error. The bundle has one source, which never stalls.
[[nodiscard]] Loaded load_rules(const std::vector<std::string>& rule_globs,
                                const std::optional<std::string>& catalogue_file);

/// A fault that only somebody above this layer can find: of files that the settings name.
struct SettingsFault {
  std::string key;  // where it stands: "http.users.0.password_file"; entries of a list count from 0
  std::string message;
  bool of_key = false;  // of the key itself, not of its value
};
/// Looks at settings that have no fault of their own. Paths are resolved.
using ExamineSettings = std::function<std::vector<SettingsFault>(const Settings&)>;

/// A triaged.yaml and all that it names, relative to its own folder. What `examine` finds are errors with their places.
[[nodiscard]] Loaded load_configuration(const std::string& file, const ExamineSettings& examine = {});

/// What `run` does without a file: one HTTP source, the pack default, and what stands in rules/ and catalogue/ below
/// the working directory.
[[nodiscard]] Loaded load_built_in();

struct Checked {
  std::string file;
  std::string kind;     // "configuration", "rules", "catalogue"; empty: none of them
  std::string summary;  // "3 rules", "400 services, 611 dependencies"
};

/// What `check FILE…` does: tells by content what each file is, and checks it, and references between them. A
/// configuration brings the files that it names with it.
[[nodiscard]] Loaded check_files(const std::vector<std::string>& files, std::vector<Checked>& checked,
                                 const ExamineSettings& examine = {});

/// A file that is not on disk: shipped, made up, recorded in a log.
struct NamedText {
  std::string name;
  std::string text;
};

/// As load_rules(), of texts: rule files, catalogue files.
[[nodiscard]] Loaded load_texts(const std::vector<NamedText>& rules, const std::vector<NamedText>& catalogue = {});

}  // namespace triaged::config
