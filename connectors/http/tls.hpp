// TLS of the listener, by OpenSSL: 1.2 and 1.3, authenticated encryption with forward secrecy alone.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include <boost/asio/ssl/context.hpp>

#include "config/settings/settings.hpp"

namespace triaged::http {

using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

/// Reads certificate chain, key and authorities. The error is a sentence that names the file.
[[nodiscard]] std::expected<TlsContext, std::string> load_tls(const config::TlsSettings& settings);

}  // namespace triaged::http
