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
  Cut cut = some_cut();
  cut.runs = {{.input = 0, .first = 7, .last = 7, .count = 1},
              {.input = 1, .first = 100, .last = 250, .count = 149},
              {.input = 1, .first = 251, .last = 251, .count = 1, .skipped = true}};
  CHECK(encode(cut).ends_with(" runs=0:7:7:1,1:100:250:149,1:251:251:1:skipped"));
  CHECK(decode_cut(encode(cut)) == cut);
}

TEST_CASE("runs of a cut that can't be are none") {
  Cut cut = some_cut();
  cut.runs = {{.input = 0, .first = 7, .last = 7, .count = 1}};
  const std::string line = encode(cut);
  const std::string before = line.substr(0, line.rfind('=') + 1);
  CHECK(decode_cut(before + "0:7:7:1"));
  for (const char* const runs : {"", "0", "0:7", "0:7:7", "0:7:7:", "0:7:7:0", "0:7:6:1", "0:7:7:1:", "0:7:7:1:left",
                                 "x:7:7:1", "0:7:7:1,", "0:7:7:1,,0:8:8:1", ",0:7:7:1", "-1:7:7:1"}) {
    INFO(runs);
    CHECK_FALSE(decode_cut(before + runs));
  }
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
  CHECK(changed([](Cut& cut) { cut.runs = {{.input = 0, .first = 1, .last = 1, .count = 1}}; }) != hash);
}

TEST_CASE("a byte that moves from one output to the next changes the hash") {
  const std::vector<Output> outputs{{Topic::incidents, "k", "ab"}, {Topic::alerts, "c", ""}};
  const Hash hash = hash_of(outputs);
  CHECK(hash_of(std::vector<Output>{{Topic::incidents, "k", "a"}, {Topic::alerts, "bc", ""}}) != hash);
  CHECK(hash_of(std::vector<Output>{{Topic::alerts, "k", "ab"}, {Topic::alerts, "c", ""}}) != hash);
  CHECK(hash_of(std::vector<Output>{outputs[1], outputs[0]}) != hash);
}

TEST_CASE("blocks of outputs read back in their order, and damaged ones do not") {
  const Output big{Topic::rejected, "1-2", std::string(100'000, 'x')};
  const Output small{Topic::rejected, "1-3", ""};
  const Output silence{Topic::silences, "", "\n"};
  const Output alert{Topic::alerts, "abc", "{}"};
  for (const std::vector<Output>& outputs : std::vector<std::vector<Output>>{{},
                                                                             {silence},
                                                                             {big},
                                                                             {big, silence},
                                                                             {silence, big},
                                                                             {silence, alert, big, small, alert, small},
                                                                             {small, silence, big, alert}}) {
    const OutputBlocks blocks = encode_outputs(outputs);
    CHECK(blocks.others.size() + blocks.rejected.size() < 1000);
    CHECK(decode_outputs(blocks.others, blocks.rejected) == outputs);
    // What was rejected may go; the others stay as they were.
    const auto kept = decode_outputs(blocks.others, {});
    REQUIRE(kept);
    CHECK(are_kept_of(*kept, outputs));
    CHECK(are_kept_of(outputs, outputs));
    if (blocks.rejected.empty()) continue;
    CHECK_FALSE(decode_outputs(blocks.others, blocks.rejected.substr(0, blocks.rejected.size() / 2)));
    if (outputs.front().topic != Topic::rejected) CHECK_FALSE(decode_outputs({}, blocks.rejected));
  }
  const OutputBlocks blocks = encode_outputs(std::vector<Output>{alert, silence});
  CHECK_FALSE(decode_outputs(blocks.others.substr(0, blocks.others.size() / 2), {}));
  CHECK_FALSE(decode_outputs("no block", {}));
  CHECK_FALSE(are_kept_of(std::vector<Output>{alert}, std::vector<Output>{alert, silence}));
  CHECK_FALSE(are_kept_of(std::vector<Output>{alert, silence}, std::vector<Output>{alert}));
  CHECK_FALSE(are_kept_of(std::vector<Output>{alert, small}, std::vector<Output>{alert, big}));
}

}  // namespace
}  // namespace triaged::log
