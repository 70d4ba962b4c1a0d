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
          .attempt = 1,
          .engine_version = "1",
          .bundle = "def",
          .outputs = 12,
          .outputs_hash = "789",
          .clamped = Time{Duration{-5}}};
}

Cut cut_with_origins() {
  Cut cut = some_cut();
  cut.ceiling = Time{Duration{9}};
  cut.runs = {{.input = 0, .first = 7, .last = 7, .count = 1},
              {.input = 1, .first = 100, .last = 250, .count = 149},
              {.input = 1, .first = 251, .last = 251, .count = 1, .skipped = true}};
  cut.next = {8, 252};
  cut.latest = {5, 12, 0, 0, 3};
  return cut;
}

TEST_CASE("a cut's line reads back as the cut") {
  CHECK(decode_cut(encode(some_cut())) == some_cut());
  CHECK(decode_cut(encode(Cut{})) == Cut{});
  const Cut cut = cut_with_origins();
  CHECK(
      encode(cut).ends_with(" ceiling=9 runs=0:7:7:1,1:100:250:149,1:251:251:1:skipped next=8,252 latest=5,12,0,0,3"));
  CHECK(decode_cut(encode(cut)) == cut);
  Cut without = cut;
  without.runs.clear();
  CHECK(decode_cut(encode(without)) == without);
}

TEST_CASE("runs of a cut that can't be are none") {
  Cut cut = cut_with_origins();
  cut.runs = {{.input = 0, .first = 7, .last = 7, .count = 1}};
  const std::string line = encode(cut);
  const std::string run = "0:7:7:1";
  const auto with = [&](const std::string& runs) {
    std::string changed = line;
    return changed.replace(line.find(run), run.size(), runs);
  };
  CHECK(decode_cut(with(run)));
  CHECK(decode_cut(with("")));
  for (const char* const runs : {"0", "0:7", "0:7:7", "0:7:7:", "0:7:7:0", "0:7:6:1", "0:7:7:1:", "0:7:7:1:left",
                                 "x:7:7:1", "0:7:7:1,", "0:7:7:1,,0:8:8:1", ",0:7:7:1", "-1:7:7:1"}) {
    INFO(runs);
    CHECK_FALSE(decode_cut(with(runs)));
  }
}

TEST_CASE("where reading goes on has its form") {
  const std::string line = encode(cut_with_origins());
  const std::string before = line.substr(0, line.find(" next="));
  CHECK(decode_cut(before + " next=8,252 latest=5,12,0,0,3"));
  for (const char* const rest :
       {" next= latest=5,12,0,0,3", " next=8,252", " next=8,252 latest=", " next=8,252 latest=5,12,0,0",
        " next=8,252 latest=5,12,0,0,3,1", " next=8,,252 latest=5,12,0,0,3", " next=8,x latest=5,12,0,0,3"}) {
    INFO(rest);
    CHECK_FALSE(decode_cut(before + rest));
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
  CHECK(changed([](Cut& cut) { cut.attempt = 0; }) != hash);
  CHECK(changed([](Cut& cut) { cut.engine_version = "2"; }) != hash);
  CHECK(changed([](Cut& cut) { cut.bundle = "x"; }) != hash);
  CHECK(changed([](Cut& cut) { ++cut.outputs; }) != hash);
  CHECK(changed([](Cut& cut) { cut.outputs_hash = "x"; }) != hash);
  CHECK(changed([](Cut& cut) { cut.clamped += Duration{1}; }) != hash);
  CHECK(changed([](Cut& cut) { cut.next = {0, 0}; }) != hash);
  const auto with_origins = [](auto change) {
    Cut cut = cut_with_origins();
    change(cut);
    return hash_of(cut);
  };
  const Hash other = hash_of(cut_with_origins());
  CHECK(with_origins([](Cut& cut) { cut.ceiling += Duration{1}; }) != other);
  CHECK(with_origins([](Cut& cut) { ++cut.runs[1].count; }) != other);
  CHECK(with_origins([](Cut& cut) { ++cut.next[1]; }) != other);
  CHECK(with_origins([](Cut& cut) { ++cut.latest[4]; }) != other);
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
