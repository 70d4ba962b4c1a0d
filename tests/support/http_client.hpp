// A client that says exactly what a test wants, over TCP or TLS.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace triaged::test {

struct HttpAnswer {
  int status = 0;  // 0: the connection ended first
  std::string head;
  std::string body;
  /// The first field of that name; empty: there is none.
  [[nodiscard]] std::string field(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const;
};

/// How a client speaks TLS. Paths of PEM files; empty: not used.
struct TlsClient {
  std::string authorities;
  std::string certificate;
  std::string key;
  int max_version = 0;
};

/// Waits at most ten seconds for anything. Not thread-safe.
class HttpClient {
 public:
  /// `receive_buffer`: bytes the kernel keeps for it; 0: as many as it likes.
  explicit HttpClient(const std::string& address, int receive_buffer = 0);
  HttpClient(const std::string& address, const TlsClient& tls);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Whether it got that far: TCP and, where it is used, TLS.
  [[nodiscard]] bool connected() const;
  bool send(std::string_view bytes);
  /// Says that nothing more will come.
  void finish();
  /// The next answer; `head_only`: to HEAD. Interim answers (1xx) are answers.
  [[nodiscard]] HttpAnswer receive(bool head_only = false);
  /// What comes until the other side ends.
  [[nodiscard]] std::string receive_all();
  /// Whether the other side has ended, without a byte more.
  [[nodiscard]] bool ended();

  /// A request and its answer; `fields`: whole lines. A body has its length.
  HttpAnswer ask(std::string_view method, std::string_view target, std::string_view fields = "",
                 std::string_view body = "");

 private:
  struct Tls;
  bool fill();
  int socket_ = -1;
  std::unique_ptr<Tls> tls_;
  bool failed_ = false;
  std::string received_;
};

}  // namespace triaged::test
