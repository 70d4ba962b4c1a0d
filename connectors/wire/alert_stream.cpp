#include <cstddef>
#include <string>
#include <utility>

#include "connectors/wire/alert_decoder.hpp"
#include "connectors/wire/json_reader.hpp"
#include "connectors/wire/json_scanner.hpp"

namespace triaged::wire {
namespace {

using Status = JsonScanner::Status;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kWhitespace = " \t\r\n";

/// Takes the first line off `text`, its line feed included.
std::string_view next_line(std::string_view& text) {
  const auto end = text.find('\n');
  const auto line = text.substr(0, end == std::string_view::npos ? end : end + 1);
  text.remove_prefix(line.size());
  return line;
}

/// Whether the line is an object or array all by itself. A line behind one that ends in ',' or '[' may be an element
/// of what began before, and proves nothing.
bool is_document(std::string_view line, std::string_view before) {
  const auto begin = line.find_first_not_of(kWhitespace);
  if (begin == std::string_view::npos || (line[begin] != '{' && line[begin] != '[')) return false;
  const auto end = before.find_last_not_of(kWhitespace);
  if (end != std::string_view::npos && (before[end] == ',' || before[end] == '[')) return false;
  JsonScanner scanner;
  return scanner.feed(line) == Status::complete;
}

/// Whether one of the lines behind the first is a document.
bool lines_are_documents(std::string_view text) {
  auto before = next_line(text);
  while (!text.empty()) {
    const auto line = next_line(text);
    if (is_document(line, before)) return true;
    if (line.find_first_not_of(kWhitespace) != std::string_view::npos) before = line;
  }
  return false;
}

}  // namespace

struct AlertStream::Impl {
  explicit Impl(const AlertLimits& bounds) : limits(bounds), decoder(bounds) {}

  void feed(std::string_view bytes, AlertBatch& batch);
  void finish(AlertBatch& batch);

  enum class Mode : std::uint8_t {
    starting,   // between documents
    spanning,   // in a document that has not ended with its first line
    suspect,    // in one that can't end well any more; are its lines documents?
    oversized,  // in one that is too large to be kept
    lines,      // each line is a document, for good
  };

  void take_line(std::string_view text, bool padded, AlertBatch& batch);
  void begin(std::string_view text, bool padded, AlertBatch& batch);
  void go_on(std::string_view text, AlertBatch& batch);
  void give_up(AlertBatch& batch);
  void decode(std::string_view text, bool padded, AlertBatch& batch);
  bool fits(std::size_t bytes, std::uint64_t at, AlertBatch& batch) const;

  const AlertLimits limits;
  AlertDecoder decoder;
  JsonScanner scanner;
  Mode mode = Mode::starting;
  std::string tail;           // of a line that has not ended
  bool skipping = false;      // that line is too long
  std::string held;           // the lines of a document that has not ended
  std::uint64_t started = 0;  // its first line
  std::uint64_t line = 0;     // lines so far, the one at hand included
};

void AlertStream::Impl::feed(std::string_view bytes, AlertBatch& batch) {
  while (!bytes.empty()) {
    const auto part = next_line(bytes);
    const bool ended = part.back() == '\n';
    if (ended && tail.empty() && !skipping) {
      ++line;
      take_line(part, bytes.size() >= AlertDecoder::kPadding, batch);
      continue;
    }
    if (!skipping) {
      tail.append(part);
      skipping = !fits(tail.size(), line + 1, batch);
    }
    if (!ended) continue;
    ++line;
    if (!skipping) take_line(tail, false, batch);
    skipping = false;
    tail.clear();
  }
}

void AlertStream::Impl::finish(AlertBatch& batch) {
  if (!tail.empty() && !skipping) {
    ++line;
    take_line(tail, false, batch);
  }
  tail.clear();
  if (mode == Mode::spanning || mode == Mode::suspect) {
    if (lines_are_documents(held)) return give_up(batch);
    decoder.decode(held, started, batch);
    held.clear();
  }
}

void AlertStream::Impl::take_line(std::string_view text, bool padded, AlertBatch& batch) {
  switch (mode) {
    case Mode::lines: return decode(text, padded, batch);
    case Mode::starting: return begin(text, padded, batch);
    case Mode::spanning:
    case Mode::suspect: return go_on(text, batch);
    case Mode::oversized: break;
  }
  const auto status = scanner.feed(text);
  if (status == Status::complete) mode = Mode::starting;
  if (status == Status::broken) mode = Mode::lines;
}

void AlertStream::Impl::begin(std::string_view text, bool padded, AlertBatch& batch) {
  auto content = text;
  if (line == 1 && text.starts_with(kByteOrderMark)) content.remove_prefix(kByteOrderMark.size());
  if (content.find_first_not_of(kWhitespace) == std::string_view::npos) return;
  scanner.reset();
  if (scanner.feed(content) == Status::open) {
    mode = Mode::spanning;
    started = line;
    held.assign(text);
  } else {
    mode = Mode::lines;
    decode(text, padded, batch);
  }
}

void AlertStream::Impl::go_on(std::string_view text, AlertBatch& batch) {
  if (!fits(held.size() + text.size(), started, batch)) {
    mode = mode == Mode::suspect || scanner.feed(text) == Status::broken ? Mode::lines : Mode::oversized;
    held.clear();
    return;
  }
  const std::string_view before = held;
  if (mode == Mode::suspect && is_document(text, before.substr(before.rfind('\n', before.size() - 2) + 1))) {
    held.append(text);
    return give_up(batch);
  }
  held.append(text);
  if (mode == Mode::suspect) return;
  switch (scanner.feed(text)) {
    case Status::open: return;
    case Status::complete:
      decoder.decode(held, started, batch);
      held.clear();
      mode = Mode::starting;
      return;
    case Status::broken: break;
  }
  mode = Mode::suspect;
  if (lines_are_documents(held)) give_up(batch);
}

/// What is held was no document that spans lines: its lines are documents.
void AlertStream::Impl::give_up(AlertBatch& batch) {
  mode = Mode::lines;
  const std::string text = std::exchange(held, {});
  std::string_view rest = text;
  for (line = started; !rest.empty(); ++line) {
    const auto one = next_line(rest);
    decode(one, rest.size() >= AlertDecoder::kPadding, batch);
  }
  --line;
}

void AlertStream::Impl::decode(std::string_view text, bool padded, AlertBatch& batch) {
  if (padded) {
    decoder.decode_padded(text, line, batch);
  } else {
    decoder.decode(text, line, batch);
  }
}

bool AlertStream::Impl::fits(std::size_t bytes, std::uint64_t at, AlertBatch& batch) const {
  if (bytes <= limits.document_bytes) return true;
  batch.rejections.push_back(rejection(at, too_large("the document", bytes, limits.document_bytes)));
  return false;
}

AlertStream::AlertStream(AlertLimits limits) : impl_(std::make_unique<Impl>(limits)) {}
AlertStream::~AlertStream() = default;
AlertStream::AlertStream(AlertStream&&) noexcept = default;
AlertStream& AlertStream::operator=(AlertStream&&) noexcept = default;

void AlertStream::feed(std::string_view bytes, AlertBatch& batch) { impl_->feed(bytes, batch); }
bool AlertStream::between_documents() const {
  using Mode = Impl::Mode;
  return impl_->tail.empty() && !impl_->skipping && (impl_->mode == Mode::starting || impl_->mode == Mode::lines);
}
bool AlertStream::dropping() const { return impl_->skipping || impl_->mode == Impl::Mode::oversized; }
void AlertStream::finish(AlertBatch& batch) { impl_->finish(batch); }

}  // namespace triaged::wire
