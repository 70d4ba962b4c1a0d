// The folder with everything that the daemon keeps; one daemon at a time.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "connectors/files/file_descriptor.hpp"

namespace triaged::app {

class StateFolder {
 public:
  /// Makes the folder where there is none, and locks it for as long as this lives. The error is a sentence.
  static std::expected<StateFolder, std::string> open(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string read_model_file() const { return path_ + "/readmodel.db"; }
  /// Whether the folder's lock, and the log where there is one here, are the files that were opened; the error is a
  /// sentence. From the first call on; the log is open by then.
  std::expected<void, std::string> check_there(bool with_log);
  /// Writes the address in use to the file `listen`.
  std::expected<void, std::string> tell_address(const std::string& address) const;
  void forget_address() const;

 private:
  StateFolder(std::string path, files::FileDescriptor lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  std::string path_;
  files::FileDescriptor lock_;
  std::uint64_t log_inode_ = 0;
};

}  // namespace triaged::app
