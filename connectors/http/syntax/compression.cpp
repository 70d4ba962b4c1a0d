#include "connectors/http/syntax/compression.hpp"

#include <algorithm>
#include <optional>

#include <zlib.h>

#include "connectors/http/message.hpp"

namespace triaged::http {
namespace {

constexpr int kGzipWindow = 15 + 16;  // zlib's way of saying gzip
constexpr std::uint64_t kFirstRoom = 64 * 1024;

std::unexpected<Refusal> refuse(int status, const char* detail) { return std::unexpected(Refusal{status, detail}); }

class Inflater {
 public:
  Inflater() { good_ = inflateInit2(&stream_, kGzipWindow) == Z_OK; }
  ~Inflater() {
    if (good_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  [[nodiscard]] bool good() const { return good_; }
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
  bool good_ = false;
};

struct Preference {
  std::string_view coding;
  unsigned quality = 1000;  // thousandths
};

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// "0.5" → 500; what is none counts as 0.
unsigned parse_quality(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return 0;
  if (text.size() > 1 && text[1] != '.') return 0;
  unsigned value = static_cast<unsigned>(text[0] - '0') * 1000;
  unsigned unit = 100;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (c < '0' || c > '9') return 0;
    value += static_cast<unsigned>(c - '0') * unit;
    unit /= 10;
  }
  return std::min(value, 1000U);
}

Preference parse_preference(std::string_view item) {
  Preference preference;
  const auto semicolon = std::min(item.find(';'), item.size());
  preference.coding = trimmed(item.substr(0, semicolon));
  const std::string_view rest = trimmed(item.substr(std::min(semicolon + 1, item.size())));
  if (rest.size() >= 2 && (rest[0] == 'q' || rest[0] == 'Q') && rest[1] == '=') {
    preference.quality = parse_quality(rest.substr(2));
  }
  return preference;
}

}  // namespace

std::expected<std::string, Refusal> gunzip(std::string_view bytes, std::uint64_t limit, const Room& room) {
  Inflater inflater;
  if (!inflater.good()) return refuse(503, "there is no memory to decompress the body");
  z_stream& stream = inflater.stream();
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  const std::uint64_t most = std::min(limit, std::max<std::uint64_t>(kFreeInflation, bytes.size() * kMaxInflation));
  std::string text;
  std::size_t used = 0;
  for (;;) {
    if (used == text.size()) {
      if (used > most) return refuse(413, "the body is larger than is taken when it is decompressed");
      // One byte more than is allowed: whoever fills it has too much.
      const auto size = std::min<std::uint64_t>(most + 1, std::max<std::uint64_t>(kFirstRoom, used * 2));
      if (!room(size - used)) return refuse(503, "there is no memory to decompress the body");
      text.resize(size);
    }
    stream.next_out = reinterpret_cast<Bytef*>(text.data() + used);
    stream.avail_out = static_cast<uInt>(text.size() - used);
    const int result = inflate(&stream, Z_NO_FLUSH);
    used = text.size() - stream.avail_out;
    if (used > most) return refuse(413, "the body is larger than is taken when it is decompressed");
    if (result == Z_STREAM_END) {
      if (stream.avail_in == 0) break;
      if (inflateReset(&stream) != Z_OK) return refuse(400, "the body is not gzip");
    } else if (result != Z_OK || (stream.avail_in == 0 && stream.avail_out > 0)) {
      return refuse(400, "the body is not gzip, or not all of it");
    }
  }
  text.resize(used);
  return text;
}

std::string gzip(std::string_view text) {
  z_stream stream{};
  // The quickest that is worth it: answers are made while somebody waits.
  if (deflateInit2(&stream, 3, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(result == Z_STREAM_END ? stream.total_out : 0);
  deflateEnd(&stream);
  return out;
}

bool accepts_gzip(std::string_view accept_encoding) {
  std::optional<unsigned> gzip, identity, any;
  while (!accept_encoding.empty()) {
    const auto comma = std::min(accept_encoding.find(','), accept_encoding.size());
    const Preference preference = parse_preference(accept_encoding.substr(0, comma));
    accept_encoding.remove_prefix(std::min(comma + 1, accept_encoding.size()));
    if (equal_ignoring_case(preference.coding, "gzip") || equal_ignoring_case(preference.coding, "x-gzip")) {
      gzip = preference.quality;
    } else if (equal_ignoring_case(preference.coding, "identity")) {
      identity = preference.quality;
    } else if (preference.coding == "*") {
      any = preference.quality;
    }
  }
  const unsigned wanted = gzip ? *gzip : any.value_or(0);
  return wanted > 0 && wanted >= identity.value_or(0);
}

bool is_compressible(std::string_view content_type) {
  const std::string_view type = trimmed(content_type.substr(0, content_type.find(';')));
  return type.starts_with("text/") || type.ends_with("json") || type.ends_with("openmetrics-text") ||
         type == "application/javascript" || type == "image/svg+xml";
}

}  // namespace triaged::http
