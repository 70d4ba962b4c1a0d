// SHA-256 over a sequence of texts.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace triaged::config {

/// Each text counts with its length, so that moving a byte from one to the next changes the digest. Not thread-safe.
class Digest {
 public:
  Digest();
  ~Digest();
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;

  void add(std::string_view text);
  /// A piece of a text whose pieces count as one, without its length.
  void add_piece(std::string_view piece);
  /// 64 lower-case hex digits. Once, at the end.
  [[nodiscard]] std::string hex();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace triaged::config
