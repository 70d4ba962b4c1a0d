#include "connectors/log/cut_codec.hpp"

#include <catch2/catch.hpp>

#include "connectors/log/output_block.hpp"

namespace triaged::log {
namespace {

Cut some_cut() {
  return {.number = 17,
          .previous = "abc",
          .through = 400,
          .clock = Time{Duration{1'700'000'000'123}},
          .attempt = true,
          .engine_version = "1",
          .bundle = "def",
          .outputs = 12,
          .outputs_hash = "789",
          .clamped = Time{Duration{-5}}};
}

TEST_CASE("a cut's line reads back as the cut") {
  CHECK(decode_cut(encode(some_cut())) == some_cut());
  CHECK(decode_cut(encode(Cut{})) == Cut{});
}

TEST_CASE("what is no cut is none") {
  const std::string line = encode(some_cut());
  for (std::size_t size = 0; size < line.size(); ++size) {
    // A number cut short is a number; the last field alone may be that.
    if (size > line.rfind('=') + 1) continue;
    INFO(size);
    CHECK_FALSE(decode_cut(line.substr(0, size)));
  }
  CHECK_FALSE(decode_cut(line + " more=1"));
  CHECK_FALSE(decode_cut("cut=2" + line.substr(5)));
}

TEST_CASE("each field of a cut counts in its hash") {
  const Hash hash = hash_of(some_cut());
  const auto changed = [](auto change) {
    Cut cut = some_cut();
    change(cut);
    return hash_of(cut);
  };
  CHECK(changed([](Cut&) {}) == hash);
  CHECK(changed([](Cut& cut) { ++cut.number; }) != hash);
  CHECK(changed([](Cut& cut) { cut.previous = "x"; }) != hash);
  CHECK(changed([](Cut& cut) { ++cut.through; }) != hash);
  CHECK(changed([](Cut& cut) { cut.clock += Duration{1}; }) != hash);
  CHECK(changed([](Cut& cut) { cut.attempt = false; }) != hash);
  CHECK(changed([](Cut& cut) { cut.engine_version = "2"; }) != hash);
  CHECK(changed([](Cut& cut) { cut.bundle = "x"; }) != hash);
  CHECK(changed([](Cut& cut) { ++cut.outputs; }) != hash);
  CHECK(changed([](Cut& cut) { cut.outputs_hash = "x"; }) != hash);
  CHECK(changed([](Cut& cut) { cut.clamped += Duration{1}; }) != hash);
}

TEST_CASE("a byte that moves from one output to the next changes the hash") {
  const std::vector<Output> outputs{{Topic::incidents, "k", "ab"}, {Topic::alerts, "c", ""}};
  const Hash hash = hash_of(outputs);
  CHECK(hash_of(std::vector<Output>{{Topic::incidents, "k", "a"}, {Topic::alerts, "bc", ""}}) != hash);
  CHECK(hash_of(std::vector<Output>{{Topic::alerts, "k", "ab"}, {Topic::alerts, "c", ""}}) != hash);
  CHECK(hash_of(std::vector<Output>{outputs[1], outputs[0]}) != hash);
}

TEST_CASE("a block of outputs reads back, and a damaged one does not") {
  const std::vector<Output> outputs{{Topic::rejected, "1-2", std::string(100'000, 'x')}, {Topic::silences, "", "\n"}};
  const std::string block = encode_outputs(outputs);
  CHECK(block.size() < 1000);
  CHECK(decode_outputs(block) == outputs);
  CHECK_FALSE(decode_outputs(block.substr(0, block.size() / 2)));
  CHECK_FALSE(decode_outputs("no block"));
}

}  // namespace
}  // namespace triaged::log
