#include "connectors/wire/alert/alert_skimmer.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <algorithm>
#include <bit>

#include "connectors/wire/rfc3339.hpp"

namespace triaged::wire {
namespace {

constexpr std::size_t kBlock = 64;
constexpr std::size_t kFirstQuotes = 1024;
// What is larger is rare, and would leave much memory behind.
constexpr std::size_t kLongestList = std::size_t{4} << 20U;

#if defined(__SSE2__)
struct Block {
  std::uint64_t quotes = 0;   // a bit for each byte, the first the lowest
  std::uint64_t unusual = 0;  // backslashes, control characters and what is not ASCII
};

Block read_block(const char* at) {
  Block block;
  for (unsigned part = 0; part < kBlock; part += sizeof(__m128i)) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + part));
    const __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    // As signed bytes, those that are not ASCII lie below the space too.
    const __m128i unusual =
        _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')), _mm_cmplt_epi8(bytes, _mm_set1_epi8(' ')));
    block.quotes |= std::uint64_t{static_cast<unsigned>(_mm_movemask_epi8(quotes))} << part;
    block.unusual |= std::uint64_t{static_cast<unsigned>(_mm_movemask_epi8(unusual))} << part;
  }
  return block;
}
#endif

}  // namespace

/// Goes through text that ends with a brace or a bracket, and whose quotes are known and even in number.
class AlertSkimmer::Cursor {
 public:
  Cursor(std::string_view text, const std::uint32_t* quotes)
      : begin_(text.data()), at_(begin_), end_(begin_ + text.size()), quote_(quotes) {}

  [[nodiscard]] bool at_end() const { return at_ == end_; }
  [[nodiscard]] const char* at() const { return at_; }
  void skip_spaces() {
    while (*at_ == ' ') ++at_;
  }
  /// Spaces before it are skipped; they end at the last byte, if not before. Not to be asked at the end.
  bool take(char wanted) {
    skip_spaces();
    if (*at_ != wanted) return false;
    ++at_;
    return true;
  }
  bool take_string(std::string_view& text) {
    if (!take('"')) return false;
    // Quotes have been taken in pairs, so this is the next one, and the one behind it ends the string.
    const char* const close = begin_ + quote_[1];
    text = {at_, static_cast<std::size_t>(close - at_)};
    at_ = close + 1;
    quote_ += 2;
    return true;
  }
  /// An object of strings; `each(name, value)` may refuse one. The last brace of the text can't be its end.
  bool take_pairs(auto each) {
    if (!take('{')) return false;
    if (!take('}')) {
      do {
        std::string_view name;
        std::string_view value;
        if (!take_string(name) || !take(':') || !take_string(value) || !each(name, value)) return false;
      } while (take(','));
      if (!take('}')) return false;
    }
    return !at_end();
  }

 private:
  const char* const begin_;
  const char* at_;
  const char* const end_;
  const std::uint32_t* quote_;
};

/// Where the quotes stand, if all bytes are usual and the quotes not too many; they end strings by turns then.
bool AlertSkimmer::find_quotes([[maybe_unused]] std::string_view text) {
#if defined(__SSE2__)
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); at += kBlock) {
    Block block = read_block(text.data() + at);
    if (const std::size_t left = text.size() - at; left < kBlock) {
      const std::uint64_t inside = (std::uint64_t{1} << left) - 1;
      block.quotes &= inside;
      block.unusual &= inside;
    }
    if (block.unusual != 0) return false;
    if (count + kBlock > quotes_.size()) quotes_.resize(std::max(kFirstQuotes, 2 * quotes_.size()));
    for (; block.quotes != 0; block.quotes &= block.quotes - 1) {
      quotes_[count++] = static_cast<std::uint32_t>(at) + static_cast<std::uint32_t>(std::countr_zero(block.quotes));
    }
  }
  return count % 2 == 0;
#else
  return false;
#endif
}

bool AlertSkimmer::skim(std::string_view text, std::uint64_t line, AlertBatch& batch) {
  if (text.back() != '}' || !find_quotes(text)) return false;
  Cursor cursor(text, quotes_.data());
  if (!skim_alert(cursor) || !cursor.at_end()) return false;
  parts_.append_to(batch, line);
  return true;
}

bool AlertSkimmer::skim_list(std::string_view text, std::uint64_t line, AlertBatch& batch) {
  if (text.back() != ']' || text.size() > kLongestList || !find_quotes(text)) return false;
  const std::size_t entries = batch.entries.size();
  const std::size_t arena = batch.arena.size();
  Cursor cursor(text, quotes_.data());
  if (skim_elements(cursor, line, batch)) return true;
  batch.entries.resize(entries);
  batch.arena.resize(arena);
  return false;
}

bool AlertSkimmer::skim_elements(Cursor& cursor, std::uint64_t line, AlertBatch& batch) {
  if (!cursor.take('[')) return false;
  if (!cursor.take(']')) {
    do {
      cursor.skip_spaces();
      const char* const begin = cursor.at();
      if (!skim_alert(cursor) || static_cast<std::size_t>(cursor.at() - begin) > limits_.bytes) return false;
      parts_.append_to(batch, line);
    } while (cursor.take(','));
    if (!cursor.take(']')) return false;
  }
  return cursor.at_end();
}

/// Into parts_, ready to be appended.
bool AlertSkimmer::skim_alert(Cursor& cursor) {
  parts_.clear();
  unsigned seen = 0;
  if (!cursor.take('{')) return false;
  do {
    std::string_view key;
    if (!cursor.take_string(key) || !cursor.take(':')) return false;
    const AlertField field = alert_field(key);
    const unsigned bit = 1U << static_cast<unsigned>(field);
    if (field == AlertField::unknown) {
      parts_.unknown.push_back(key);
    } else if ((seen & bit) != 0) {
      return false;
    }
    seen |= bit;
    if (field == AlertField::labels) {
      if (!skim_labels(cursor)) return false;
    } else if (field == AlertField::annotations) {
      if (!skim_annotations(cursor)) return false;
    } else {
      std::string_view value;
      if (!cursor.take_string(value) || !skim_value(field, value)) return false;
    }
  } while (cursor.take(','));
  if (!cursor.take('}') || parts_.unknown_twice() || parts_.ends_before_it_starts()) return false;
  return !parts_.labels.sort() && !parts_.annotations.sort() && parts_.labels.canonical_size() != 0;
}

bool AlertSkimmer::skim_labels(Cursor& cursor) {
  return cursor.take_pairs([this](std::string_view name, std::string_view value) {
    parts_.labels.push_back({name, value});
    return !name.empty() && name.size() <= limits_.label_bytes && value.size() <= limits_.label_bytes &&
           parts_.labels.size() <= limits_.labels;
  });
}

bool AlertSkimmer::skim_annotations(Cursor& cursor) {
  return cursor.take_pairs([this](std::string_view name, std::string_view value) {
    parts_.annotations.push_back({name, value});
    return !name.empty();
  });
}

bool AlertSkimmer::skim_value(AlertField field, std::string_view value) {
  if (field == AlertField::unknown) return true;
  if (value == kUnsetText) return field != AlertField::received_at;
  const auto time = parse_time(value);
  if (!time) return false;
  if (*time < kEarliest || *time >= kLatest) return *time == kUnsetTime && field != AlertField::received_at;
  switch (field) {
    case AlertField::starts_at: parts_.starts_at = time; break;
    case AlertField::ends_at: parts_.ends_at = time; break;
    default: parts_.received_at = time; break;
  }
  return true;
}

}  // namespace triaged::wire
