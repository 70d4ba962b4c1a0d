#include "connectors/http/tls.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include "connectors/http/auth/user_directory.hpp"

namespace triaged::http {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

/// A key with a passphrase is an error, not a question on the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) { return -1; }

std::unexpected<std::string> fault(const char* what, const std::string& file, const error_code& error) {
  return std::unexpected(fmt::format("{} {}: {}", what, file, error.message()));
}

}  // namespace

std::expected<TlsContext, std::string> load_tls(const config::TlsSettings& settings) {
  if (auto good = check_secret_file(settings.key); !good) return std::unexpected(good.error());
  try {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    SSL_CTX* const native = context->native_handle();
    SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_default_passwd_cb(native, no_passphrase);
    SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);  // idle connections hold 34 KB less
    const bool good = SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION) == 1 &&
                      SSL_CTX_set_cipher_list(native, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1;
    if (!good) return std::unexpected("OpenSSL has no TLS 1.2 with authenticated encryption");
    error_code error;
    if (context->use_certificate_chain_file(settings.certificate, error)) {
      return fault("can't use the certificate", settings.certificate, error);
    }
    if (context->use_private_key_file(settings.key, ssl::context::pem, error)) {
      return fault("can't use the key, which must be that of the certificate,", settings.key, error);
    }
    if (!settings.client_authorities.empty()) {
      if (context->load_verify_file(settings.client_authorities, error)) {
        return fault("can't use the authorities of client certificates", settings.client_authorities, error);
      }
      SSL_CTX_set_verify(native, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
      // Sessions are resumed only where the certificate was asked for under the same rules.
      static constexpr unsigned char kSessions[] = "triaged";
      SSL_CTX_set_session_id_context(native, kSessions, sizeof kSessions - 1);
    }
    return context;
  } catch (const std::exception& exception) {  // Asio's constructor of a context
    return std::unexpected(fmt::format("OpenSSL can't be used: {}", exception.what()));
  }
}

}  // namespace triaged::http
