// A request and a response as handlers see them: values, checked and decoded. HTTP/1.1 as in RFC 9110 and 9112,
// problems as in RFC 9457.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings/settings.hpp"  // Role
#include "rules/model/time.hpp"

namespace triaged::http {

enum class Method : std::uint8_t { get, head, post, put, patch, remove, options };

[[nodiscard]] std::string_view to_string(Method method);  // "GET"
/// Nothing for what is no method of ours; methods are case-sensitive.
[[nodiscard]] std::optional<Method> parse_method(std::string_view text);

/// Header fields in the order in which they came. Names are compared without regard to case.
class Fields {
 public:
  void add(std::string_view name, std::string_view value);
  /// The first of that name. Valid until something is added.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  [[nodiscard]] std::size_t count(std::string_view name) const;
  [[nodiscard]] std::size_t size() const { return spans_.size(); }

 private:
  struct Span {
    std::uint32_t name, value, end;  // in text_
  };
  [[nodiscard]] std::string_view name_of(const Span& span) const;
  std::string text_;
  std::vector<Span> spans_;
};

/// ASCII letters count as equal in either case.
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);

struct Parameter {
  std::string name;
  std::string value;
  friend bool operator==(const Parameter&, const Parameter&) = default;
};
using Parameters = std::vector<Parameter>;  // in order; a name may stand there more than once

/// The first of that name, or null.
[[nodiscard]] const std::string* find(const Parameters& parameters, std::string_view name);

struct User {
  std::string name;
  config::Role role = config::Role::read;
  friend bool operator==(const User&, const User&) = default;
};

struct Request {
  Method method = Method::get;
  std::string path;     // decoded, UTF-8 without control characters
  Parameters query;     // decoded, UTF-8; '+' is a space
  Parameters captures;  // what stands at the places of the route's pattern
  Fields fields;
  std::string body;          // without transfer and content encoding
  std::string peer;          // the address, "127.0.0.1"
  std::optional<User> user;  // nobody where no users are configured, and on open routes
  std::string id;            // the client's X-Request-Id or one of ours

  /// What stands at {name} of the route's pattern, which has it.
  [[nodiscard]] const std::string& capture(std::string_view name) const;
};

/// A member of a problem beyond those of RFC 9457; `json` is any JSON value.
struct ProblemMember {
  std::string name;
  std::string json;
};

/// What went wrong; all texts UTF-8. The server adds status, title and, as instance, the request's id.
struct Problem {
  std::string detail;
  std::string type = "about:blank";
  std::vector<ProblemMember> members;
};

struct Header {
  std::string name;
  std::string value;
};

struct Response {
  int status = 200;
  std::string content_type;
  std::string body;
  std::vector<Header> headers;     // Date, Server, Content-Length, Connection and the like are the server's
  std::optional<Problem> problem;  // becomes the body
};

/// Without a body, such as 204.
[[nodiscard]] Response empty(int status);
/// `body` is JSON.
[[nodiscard]] Response json(int status, std::string body);
/// Plain text, UTF-8.
[[nodiscard]] Response text(int status, std::string body);
[[nodiscard]] Response problem(int status, std::string detail, std::vector<ProblemMember> members = {});
/// 503: try again after that time, which is rounded up to seconds.
[[nodiscard]] Response unavailable(std::string detail, Duration retry_after);
/// A page for people: HTML, which may load what is ours alone and be framed by nobody.
[[nodiscard]] Response page(std::string html);

/// "Not Found"
[[nodiscard]] std::string_view reason(int status);
/// application/problem+json
[[nodiscard]] std::string render(const Problem& problem, int status, std::string_view request_id);

}  // namespace triaged::http
