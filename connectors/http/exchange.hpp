// One request on its way, and what is decided about it before it is read to its end. No I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/clock/clock.hpp"
#include "connectors/http/auth/authenticator.hpp"
#include "connectors/http/message.hpp"
#include "connectors/http/router.hpp"
#include "connectors/http/syntax/request_head.hpp"

namespace triaged::http {

struct Exchange {
  clock::Stopwatch watch;  // since its first byte
  Request request;         // until the handler has it
  const Route* route = nullptr;
  Framing framing = std::uint64_t{0};
  bool gzipped_body = false;
  bool expects_continue = false;

  // What the answer depends on:
  std::string method;
  std::string id;
  std::string user;
  bool keep_alive = false;
  bool http_1_0 = false;
  bool accepts_gzip = false;

  // What is said of it in the end:
  int status = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};

/// Takes the head over. A response: that is all there is to do; else `exchange.route` is known.
/// `asks_users`: whether the listener asks who somebody is.
[[nodiscard]] std::optional<Response> admit(Exchange& exchange, RequestHead head, const Router& router,
                                            bool asks_users);

/// Who asks, and whether they may.
[[nodiscard]] std::optional<Response> admit_user(Exchange& exchange, const Verdict& verdict,
                                                 const Authenticator& authenticator);

/// Whether that body will be taken, and how.
[[nodiscard]] std::optional<Response> admit_body(Exchange& exchange, std::uint64_t limit);

/// At most 64 characters of [A-Za-z0-9._-].
[[nodiscard]] bool is_request_id(std::string_view text);

/// A browser sends this for a page that isn't ours: such a request must change nothing. By Sec-Fetch-Site, else by
/// Origin. Where nobody is asked who they are, names that an attacker could let point at this machine are not ours
/// either.
[[nodiscard]] bool is_cross_site(const Fields& fields, bool asks_users);

}  // namespace triaged::http
