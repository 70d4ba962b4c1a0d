#include "connectors/log/compression.hpp"

#include <random>

#include <catch2/catch.hpp>

namespace triaged::log {
namespace {

TEST_CASE("a frame that was altered anywhere gives nothing, or what it was made of") {
  std::mt19937 random(7);
  std::string text = R"([{"labels":{"alertname":"A","service":"web"}}])";
  for (int i = 0; i < 400; ++i) text.push_back(static_cast<char>('a' + random() % 26));
  const std::string frame = compress(text);
  REQUIRE(decompress(frame) == text);
  for (std::size_t at = 0; at < frame.size(); ++at) {
    for (const unsigned bit : {1U, 16U, 128U}) {
      std::string altered = frame;
      altered[at] = static_cast<char>(static_cast<unsigned char>(altered[at]) ^ bit);
      const auto got = decompress(altered);
      INFO("byte " << at << ", bit " << bit);
      CHECK((!got || *got == text));
    }
  }
  CHECK_FALSE(decompress(frame, text.size() - 1));
  CHECK_FALSE(decompress(frame.substr(0, frame.size() - 1)));
}

}  // namespace
}  // namespace triaged::log
