// Certificates and secrets in files, for as long as a test runs.
#pragma once

#include <string>
#include <string_view>

namespace triaged::test {

/// A folder of its own, gone at the end.
class SecretFolder {
 public:
  SecretFolder();
  ~SecretFolder();
  SecretFolder(const SecretFolder&) = delete;
  SecretFolder& operator=(const SecretFolder&) = delete;

  /// Writes a file; gives its path.
  [[nodiscard]] std::string file(std::string_view name, std::string_view text, unsigned mode = 0600) const;
  [[nodiscard]] std::string path(std::string_view name) const;

  /// Makes NAME.pem and NAME.key: a certificate for 127.0.0.1 that has signed itself, so that it is its own authority.
  void make_certificate(std::string_view name) const;

 private:
  std::string folder_;
};

}  // namespace triaged::test
