// Who asks: what the server wants to know of it.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>
#include <vector>

#include "connectors/http/message.hpp"

namespace triaged::http {

enum class Denial : std::uint8_t {
  missing,  // nobody said who they are, or not in a way that is known here: 401
  wrong,    // 401
  limited,  // too many wrong ones from that address: 429
};
using Verdict = std::expected<User, Denial>;

/// Thread-safe.
class Authenticator {
 public:
  Authenticator() = default;
  virtual ~Authenticator() = default;
  Authenticator(const Authenticator&) = delete;
  Authenticator& operator=(const Authenticator&) = delete;

  /// `authorization`: the field of that name; empty: there is none. Never waits: nothing where it takes long to tell.
  [[nodiscard]] virtual std::optional<Verdict> quick(std::string_view authorization, std::string_view address) = 0;
  /// The same, however long it takes.
  [[nodiscard]] virtual Verdict check(std::string_view authorization, std::string_view address) = 0;
  /// Values of WWW-Authenticate.
  [[nodiscard]] virtual std::vector<std::string_view> challenges() const = 0;
};

}  // namespace triaged::http
