// Binary form of the engine's state. One list of fields serves all that is done with state, so that none drifts apart:
//
//   struct Row { Time start; std::string name; template <class A> void fields(A& a) { a(start, name); } };
//
// StateWriter and StateReader are here; NumberWalker looks at numbers and may rewrite them. Integers are little-endian
// and of fixed size. The form belongs to one kStateFormat; it is no exchange format.
#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "rules/model/hash.hpp"
#include "rules/model/labels.hpp"
#include "rules/model/number.hpp"
#include "rules/model/time.hpp"

namespace triaged {

namespace archive {

template <class T>
concept Sequence = requires(T t) {
  typename T::value_type;
  t.size();
  t.emplace_back();
  t.begin();
} && !std::same_as<T, std::string>;

template <class T>
concept LabelSet = std::same_as<T, Labels> || std::same_as<T, SharedLabels>;

/// What is written as one integer of its own size.
template <class T>
concept Scalar =
    std::is_integral_v<T> || std::is_enum_v<T> || std::same_as<T, Time> || std::same_as<T, Duration> || kIsNumber<T>;

/// Scalars that stand in memory as they are written.
template <class T>
concept Block = Sequence<T> && Scalar<typename T::value_type> && requires(T t) { t.data(); } &&
                std::endian::native == std::endian::little;

/// fields() is called to read what was written: then indexes are to be built.
template <class A>
concept Reading = requires(A a) { a.good(); };

/// fields() is called to rewrite numbers: then what is sorted by them is to be sorted again.
template <class A>
concept Renumbering = requires(A a) { a.renumbers(); };

}  // namespace archive

/// State goes out in pieces of kPiece bytes, the last one shorter, so that no second copy of it is ever in memory.
class StateWriter {
 public:
  using Sink = std::function<void(std::string_view)>;
  static constexpr std::size_t kPiece = std::size_t{1} << 20U;

  explicit StateWriter(Sink sink) : sink_(std::move(sink)) {}
  StateWriter() : sink_([this](std::string_view piece) { collected_.append(piece); }) {}
  StateWriter(const StateWriter&) = delete;
  StateWriter& operator=(const StateWriter&) = delete;

  template <class... Ts>
  void operator()(const Ts&... values) {
    (write(values), ...);
  }
  /// Once, after the last value: gives away what is left. Returns archive_sum() of all bytes.
  std::uint64_t finish() {
    if (used_ > 0) flush();
    return sum_;
  }
  /// The same, of a writer without a sink; returns all bytes.
  [[nodiscard]] std::string take() {
    finish();
    return std::move(collected_);
  }

 private:
  void flush() {
    const std::string_view piece(buffer_.get(), used_);
    sum_ = hash_bytes(piece, sum_);
    sink_(piece);
    used_ = 0;
  }
  void raw(const void* from, std::size_t size) {
    const char* at = static_cast<const char*>(from);
    while (size > kPiece - used_) {
      const std::size_t fits = kPiece - used_;
      std::memcpy(buffer_.get() + used_, at, fits);
      used_ = kPiece;
      flush();
      at += fits;
      size -= fits;
    }
    if (size != 0) std::memcpy(buffer_.get() + used_, at, size);
    used_ += size;
  }
  template <class T>
  void integer(T value) {
    if constexpr (std::endian::native == std::endian::big) value = std::byteswap(value);
    raw(&value, sizeof value);
  }
  void bytes(std::string_view text) {
    integer(static_cast<std::uint64_t>(text.size()));
    raw(text.data(), text.size());
  }
  template <class T>
  void write(const T& value) {
    if constexpr (std::is_enum_v<T>) {
      integer(static_cast<std::underlying_type_t<T>>(value));
    } else if constexpr (std::same_as<T, bool>) {
      integer(static_cast<std::uint8_t>(value));
    } else if constexpr (std::is_integral_v<T>) {
      integer(value);
    } else if constexpr (kIsNumber<T>) {
      integer(value.value);
    } else if constexpr (std::same_as<T, Time>) {
      integer(std::int64_t{value.time_since_epoch().count()});
    } else if constexpr (std::same_as<T, Duration>) {
      integer(std::int64_t{value.count()});
    } else if constexpr (std::same_as<T, std::string>) {
      bytes(value);
    } else if constexpr (archive::LabelSet<T>) {
      bytes(value.bytes());
    } else if constexpr (archive::Block<T>) {
      integer(static_cast<std::uint64_t>(value.size()));
      raw(value.data(), value.size() * sizeof(typename T::value_type));
    } else if constexpr (archive::Sequence<T>) {
      integer(static_cast<std::uint64_t>(value.size()));
      for (const auto& element : value) write(element);
    } else {
      // fields() is one member template for all directions; writing does not change the value.
      const_cast<T&>(value).fields(*this);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    }
  }

  Sink sink_;
  std::string collected_;
  std::unique_ptr<char[]> buffer_ = std::make_unique_for_overwrite<char[]>(kPiece);
  std::size_t used_ = 0;
  std::uint64_t sum_ = 0;
};

/// The checksum of bytes that a StateWriter wrote.
[[nodiscard]] inline std::uint64_t archive_sum(std::string_view bytes) {
  std::uint64_t sum = 0;
  for (std::size_t at = 0; at < bytes.size(); at += StateWriter::kPiece) {
    sum = hash_bytes(bytes.substr(at, StateWriter::kPiece), sum);
  }
  return sum;
}

/// Reads what StateWriter wrote. After a short read every further value is zero and good() is false.
class StateReader {
 public:
  explicit StateReader(std::string_view in) : in_(in) {}
  template <class... Ts>
  void operator()(Ts&... values) {
    (read(values), ...);
  }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool at_end() const { return in_.empty(); }

 private:
  bool fail() {
    good_ = false;
    in_ = {};
    return false;
  }
  bool raw(void* to, std::size_t size) {
    if (in_.size() < size) return fail();
    if (size != 0) std::memcpy(to, in_.data(), size);
    in_.remove_prefix(size);
    return true;
  }
  template <class T>
  T integer() {
    T value{};
    if (!raw(&value, sizeof value)) return T{};
    if constexpr (std::endian::native == std::endian::big) value = std::byteswap(value);
    return value;
  }
  /// Of something with so many bytes at least for each; 0 where they are not there.
  std::uint64_t size(std::size_t least) {
    const auto count = integer<std::uint64_t>();
    if (count <= in_.size() / least) return count;
    fail();
    return 0;
  }
  std::string_view bytes() {
    const std::string_view text = in_.substr(0, size(1));
    in_.remove_prefix(text.size());
    return text;
  }
  template <class T>
  void read(T& value) {
    if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(integer<std::underlying_type_t<T>>());
    } else if constexpr (std::same_as<T, bool>) {
      value = integer<std::uint8_t>() != 0;
    } else if constexpr (std::is_integral_v<T>) {
      value = integer<T>();
    } else if constexpr (kIsNumber<T>) {
      value.value = integer<std::uint32_t>();
    } else if constexpr (std::same_as<T, Time>) {
      value = Time{Duration{integer<std::int64_t>()}};
    } else if constexpr (std::same_as<T, Duration>) {
      value = Duration{integer<std::int64_t>()};
    } else if constexpr (std::same_as<T, std::string>) {
      value = std::string(bytes());
    } else if constexpr (archive::LabelSet<T>) {
      value = T(LabelsView(bytes()));
    } else if constexpr (archive::Block<T>) {
      using Element = typename T::value_type;
      value.resize(size(sizeof(Element)));
      raw(value.data(), value.size() * sizeof(Element));
    } else if constexpr (archive::Sequence<T>) {
      const std::uint64_t count = size(1);
      value.clear();
      if constexpr (requires { value.reserve(count); }) value.reserve(count);
      for (std::uint64_t i = 0; i < count && good_; ++i) read(value.emplace_back());
    } else {
      value.fields(*this);
    }
  }
  std::string_view in_;
  bool good_ = true;
};

}  // namespace triaged
