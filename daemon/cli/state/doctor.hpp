// What `triaged doctor` looks at. Nothing is changed, and a daemon that runs is not disturbed.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "config/load.hpp"

namespace triaged::cli {

struct Finding {
  enum class Level : std::uint8_t { ok, warning, fault } level = Level::ok;
  std::string check;   // a word or two; scripts may depend on it
  std::string found;   // a sentence
  std::string advice;  // what to do; empty: nothing
};

class Findings {
 public:
  void ok(std::string check, std::string found) {
    all_.push_back({Finding::Level::ok, std::move(check), std::move(found), {}});
  }
  void warn(std::string check, std::string found, std::string advice) {
    all_.push_back({Finding::Level::warning, std::move(check), std::move(found), std::move(advice)});
  }
  void fail(std::string check, std::string found, std::string advice) {
    all_.push_back({Finding::Level::fault, std::move(check), std::move(found), std::move(advice)});
  }
  [[nodiscard]] const std::vector<Finding>& all() const { return all_; }
  /// What came after so many is looked at anew.
  void keep(std::size_t count) { all_.resize(count); }

 private:
  std::vector<Finding> all_;
};

struct Patient {
  std::string configuration;  // as it was typed; empty: the built-in one
  std::string ca_file;        // of whoever signed the daemon's certificate; empty: whom the system trusts
  std::uint64_t least_room = 0;
  config::Settings settings;
  bool locked = false;  // a daemon has the state folder
  pid_t process = 0;    // its process; 0: none, or nobody knows
};

/// Whether somebody holds the lock of a state folder, and who.
void find_daemon(Patient& patient);

void examine_folder(const Patient& patient, Findings& findings);
void examine_permissions(const Patient& patient, Findings& findings);
void examine_room(const Patient& patient, Findings& findings);
void examine_log(const Patient& patient, Findings& findings);
void examine_files(const Patient& patient, Findings& findings);
void examine_descriptors(const Patient& patient, Findings& findings);
void examine_daemon(const Patient& patient, Findings& findings);

}  // namespace triaged::cli
