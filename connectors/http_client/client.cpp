#include "connectors/http_client/client.hpp"

#include <utility>

#include <curl/curl.h>

namespace triaged::http_client {
namespace {

struct Cleanup {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::size_t append_body(const char* data, std::size_t size, std::size_t count, void* to) {
  static_cast<std::string*>(to)->append(data, size * count);
  return size * count;
}

Error::Kind kind_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST: return Error::Kind::unreachable;
    case CURLE_OPERATION_TIMEDOUT: return Error::Kind::timeout;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM: return Error::Kind::tls;
    default: return Error::Kind::other;
  }
}

std::string text_or_empty(const char* text) { return text == nullptr ? std::string() : std::string(text); }

}  // namespace

struct Client::Parts {
  Target target;
  std::unique_ptr<CURL, Cleanup> curl;

  std::expected<Answer, Error> perform(std::string_view path) const;
};

Client::Client(Target target) : parts_(std::make_unique<Parts>()) {
  static const bool kReady = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  parts_->target = std::move(target);
  if (kReady) parts_->curl.reset(curl_easy_init());
}
Client::~Client() = default;
Client::Client(Client&& other) noexcept = default;
Client& Client::operator=(Client&& other) noexcept = default;

std::expected<Answer, Error> Client::Parts::perform(std::string_view path) const {
  Answer answer;
  CURL* const handle = curl.get();
  const std::string url = target.url + std::string(path);
  char words[CURL_ERROR_SIZE] = {};
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, words);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, append_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &answer.body);
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_PROXY, "");
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "triaged");
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(target.connect_timeout.count()));
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(target.timeout.count()));
  if (!target.ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, target.ca_file.c_str());
  if (!target.token.empty()) {
    curl_easy_setopt(handle, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    curl_easy_setopt(handle, CURLOPT_XOAUTH2_BEARER, target.token.c_str());
  } else if (!target.user.empty()) {
    curl_easy_setopt(handle, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(handle, CURLOPT_USERNAME, target.user.c_str());
    curl_easy_setopt(handle, CURLOPT_PASSWORD, target.password.c_str());
  }
  const CURLcode code = curl_easy_perform(handle);
  if (code != CURLE_OK) {
    const std::string_view said = words;
    return std::unexpected(Error{kind_of(code), std::string(said.empty() ? curl_easy_strerror(code) : said)});
  }
  long status = 0;
  const char* text = nullptr;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  curl_easy_getinfo(handle, CURLINFO_CONTENT_TYPE, &text);
  answer.content_type = text_or_empty(text);
  curl_header* location = nullptr;
  if (curl_easy_header(handle, "Location", 0, CURLH_HEADER, -1, &location) == CURLHE_OK)
    answer.location = location->value;
  return answer;
}

std::expected<Answer, Error> Client::get(std::string_view path) {
  if (parts_->curl == nullptr) return std::unexpected(Error{Error::Kind::other, "libcurl can't be used"});
  curl_easy_reset(parts_->curl.get());
  return parts_->perform(path);
}

std::expected<Answer, Error> Client::post(std::string_view path, std::string_view body) {
  if (parts_->curl == nullptr) return std::unexpected(Error{Error::Kind::other, "libcurl can't be used"});
  CURL* const handle = parts_->curl.get();
  curl_easy_reset(handle);
  const std::unique_ptr<curl_slist, Cleanup> fields(curl_slist_append(nullptr, "Content-Type: application/json"));
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, fields.get());
  curl_easy_setopt(handle, CURLOPT_POST, 1L);
  curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.empty() ? "" : body.data());
  return parts_->perform(path);
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else {
      (out += '%') += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    }
  }
  return out;
}

}  // namespace triaged::http_client
