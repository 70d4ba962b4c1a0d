// The alert decoder on any bytes: it does not crash, agrees with simdjson's DOM on what JSON is, gives the same for any
// chunking, and reads back what the writer writes.
#include "connectors/wire/alert_decoder.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "connectors/wire/alert/alert_reader.hpp"
#include "connectors/wire/alert/alert_skimmer.hpp"
#include "connectors/wire/change_decoder.hpp"
#include "connectors/wire/json_reader.hpp"
#include "connectors/wire/json_scanner.hpp"
#include "connectors/wire/json_text.hpp"
#include "connectors/wire/rfc3339.hpp"

namespace {

using namespace triaged;
using namespace triaged::wire;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

/// Our grammar and simdjson's are one, but for what a grammar doesn't say.
void check_grammar(std::string_view text) {
  simdjson::dom::parser parser;
  require(parser.allocate(text.size() + 1, 4096) == simdjson::SUCCESS, "the parser has memory");
  const auto error = parser.parse(simdjson::padded_string(text)).error();
  JsonScanner scanner;
  const bool complete = scanner.feed(text) == JsonScanner::Status::complete;
  if (error == simdjson::SUCCESS) {
    require(complete || scanner.too_deep(), "what simdjson takes is JSON");
  } else if (complete && simdjson::validate_utf8(text)) {
    require(error == simdjson::NUMBER_ERROR || error == simdjson::STRING_ERROR, "what simdjson refuses is no JSON");
  }
}

void check_equal(const AlertBatch& a, const AlertBatch& b) {
  require(a.arena == b.arena && a.entries.size() == b.entries.size(), "alerts are the same");
  for (std::size_t i = 0; i < a.entries.size(); ++i) {
    const auto& x = a.entries[i];
    const auto& y = b.entries[i];
    require(x.line == y.line && x.labels_at == y.labels_at && x.labels_size == y.labels_size, "labels are the same");
    require(x.annotations_size == y.annotations_size, "annotations are the same");
    require(x.starts_at == y.starts_at && x.ends_at == y.ends_at && x.received_at == y.received_at,
            "times are the same");
  }
  require(a.rejections.size() == b.rejections.size(), "rejections are the same");
  for (std::size_t i = 0; i < a.rejections.size(); ++i) {
    require(a.rejections[i].line == b.rejections[i].line && a.rejections[i].reason == b.rejections[i].reason,
            "reasons are the same");
  }
}

/// What the skimmer takes, the reader takes from the DOM, with the same result, whatever stands behind the text.
void check_skimmer(std::string_view text) {
  if (!text.starts_with('{') || text.size() > AlertLimits().bytes) return;
  JsonReader json;
  AlertReader reader{AlertLimits()};
  AlertSkimmer skimmer{AlertLimits()};
  for (const std::string_view behind : {" ", "}", "\"}", ",\"a\":\"b\"}", "\n"}) {
    std::string padded(text);
    while (padded.size() < text.size() + AlertDecoder::kPadding) padded.append(behind);
    const std::string_view inside = std::string_view(padded).substr(0, text.size());
    AlertBatch skimmed;
    if (!skimmer.skim(inside, 1, skimmed)) {
      require(skimmed.entries.empty() && skimmed.arena.empty(), "what is not skimmed leaves nothing");
      continue;
    }
    AlertBatch read;
    const auto root = json.parse(inside);
    require(root.has_value() && !reader.read(json, *root, 1, read), "what is skimmed is an alert");
    check_equal(skimmed, read);
  }
}

/// The same for an array: a tab between its elements makes the decoder take them one by one.
void check_list_skimmer(std::string_view text) {
  if (!text.starts_with('[')) return;
  AlertSkimmer skimmer{AlertLimits()};
  std::string padded(text);
  padded.append(AlertDecoder::kPadding, '"');
  AlertBatch skimmed;
  if (!skimmer.skim_list(std::string_view(padded).substr(0, text.size()), 1, skimmed)) {
    require(skimmed.entries.empty() && skimmed.arena.empty(), "what is not skimmed leaves nothing");
    return;
  }
  AlertDecoder decoder;
  AlertBatch read;
  decoder.decode("[\t" + std::string(text.substr(1)), 1, read);
  check_equal(skimmed, read);
}

void check_labels(LabelsView labels) {
  std::string_view before;
  for (const auto& label : labels) {
    require(label.name > before || (before.empty() && label.name.empty()), "names are in order, each once");
    require(!label.value.empty(), "no value is empty");
    before = label.name;
  }
}

/// Writes an alert as JSON; reads it back.
void check_round_trip(const AlertBatch& batch, const AlertBatch::Entry& entry, AlertDecoder& decoder) {
  std::string text = R"({"labels":)";
  append_labels(text, batch.labels(entry));
  append_labels(text.append(R"(,"annotations":)"), batch.annotations(entry));
  const auto append = [&](std::string_view name, const std::optional<Time>& time) {
    if (!time) return;
    text.append(",\"").append(name).append("\":\"");
    append_time(text, *time);
    text.push_back('"');
  };
  append("startsAt", entry.starts_at);
  append("endsAt", entry.ends_at);
  append("receivedAt", entry.received_at);
  text.push_back('}');
  if (text.size() > AlertLimits().bytes) return;
  AlertBatch again;
  decoder.decode(text, 1, again);
  require(again.rejections.empty() && again.entries.size() == 1, "what was written is read");
  const auto& copy = again.entries[0];
  require(again.arena == std::string_view(batch.arena).substr(entry.labels_at, again.arena.size()), "labels come back");
  require(copy.labels_size == entry.labels_size && copy.annotations_size == entry.annotations_size, "sizes come back");
  require(copy.starts_at == entry.starts_at && copy.ends_at == entry.ends_at, "times come back");
}

AlertBatch stream(std::string_view text, std::uint64_t seed) {
  AlertStream stream;
  AlertBatch batch;
  while (!text.empty()) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    // Mostly small pieces; sometimes one that is longer than the padding.
    const std::size_t most = (seed >> 60U) == 0 ? 4096 : 24;
    const std::size_t size = std::min<std::size_t>(text.size(), 1 + (seed >> 33U) % most);
    stream.feed(text.substr(0, size), batch);
    text.remove_prefix(size);
  }
  stream.finish(batch);
  return batch;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_grammar(text);
  check_skimmer(text);
  check_list_skimmer(text);

  AlertDecoder decoder;
  AlertBatch document;
  decoder.decode(text, 1, document);
  for (const auto& entry : document.entries) {
    check_labels(document.labels(entry));
    check_labels(document.annotations(entry));
    require(!document.labels(entry).empty(), "an alert has labels");
    check_round_trip(document, entry, decoder);
  }
  for (const auto& rejection : document.rejections) {
    require(!rejection.reason.empty() && !rejection.code.empty(), "a rejection says why");
    for (const char c : rejection.reason) require(static_cast<unsigned char>(c) >= 0x20, "a reason is one line");
  }

  AlertStream whole;
  AlertBatch batch;
  whole.feed(text, batch);
  whole.finish(batch);
  check_equal(batch, stream(text, size));
  if (text.find('\n') == std::string_view::npos) check_equal(batch, document);

  std::vector<DecodedChange> changes;
  std::vector<Rejection> rejections;
  decode_changes(text, changes, rejections);
  return 0;
}
