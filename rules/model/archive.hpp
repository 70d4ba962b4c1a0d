// Binary form of the engine's state. One list of fields serves writing and reading, so the two can't drift apart:
//
//   struct Row { Time start; std::string name; template <class A> void fields(A& a) { a(start, name); } };
//
// Integers are little-endian and of fixed size. The form belongs to one engine version; it is no exchange format.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "rules/model/labels.hpp"
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
}  // namespace archive

class StateWriter {
 public:
  template <class... Ts>
  void operator()(const Ts&... values) {
    (write(values), ...);
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void bytes(std::string_view text) {
    integer(static_cast<std::uint64_t>(text.size()));
    out_.append(text);
  }
  void integer(std::uint64_t value, int size = 8) {
    for (int i = 0; i < size; ++i, value >>= 8U) out_.push_back(static_cast<char>(value & 0xFFU));
  }
  template <class T>
  void write(const T& value) {
    if constexpr (std::is_enum_v<T>) {
      write(static_cast<std::underlying_type_t<T>>(value));
    } else if constexpr (std::is_integral_v<T>) {
      integer(static_cast<std::uint64_t>(value), sizeof(T));
    } else if constexpr (std::same_as<T, Time>) {
      write(value.time_since_epoch().count());
    } else if constexpr (std::same_as<T, Duration>) {
      write(value.count());
    } else if constexpr (std::same_as<T, std::string>) {
      bytes(value);
    } else if constexpr (std::same_as<T, Labels> || std::same_as<T, SharedLabels>) {
      bytes(value.bytes());
    } else if constexpr (archive::Sequence<T>) {
      integer(static_cast<std::uint64_t>(value.size()));
      for (const auto& element : value) write(element);
    } else {
      // fields() is one member template for both directions; writing does not change the value.
      const_cast<T&>(value).fields(*this);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    }
  }
  std::string out_;
};

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
  std::uint64_t integer(std::size_t size = 8) {
    if (in_.size() < size) {
      good_ = false;
      in_ = {};
      return 0;
    }
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;) value = value << 8U | static_cast<unsigned char>(in_[i]);
    in_.remove_prefix(size);
    return value;
  }
  std::string_view bytes() {
    const std::uint64_t size = integer();
    if (size > in_.size()) {
      good_ = false;
      in_ = {};
      return {};
    }
    const std::string_view text = in_.substr(0, size);
    in_.remove_prefix(size);
    return text;
  }
  template <class T>
  void read(T& value) {
    if constexpr (std::is_enum_v<T>) {
      std::underlying_type_t<T> raw{};
      read(raw);
      value = static_cast<T>(raw);
    } else if constexpr (std::is_integral_v<T>) {
      value = static_cast<T>(integer(sizeof(T)));
    } else if constexpr (std::same_as<T, Time>) {
      value = Time{Duration{static_cast<std::int64_t>(integer())}};
    } else if constexpr (std::same_as<T, Duration>) {
      value = Duration{static_cast<std::int64_t>(integer())};
    } else if constexpr (std::same_as<T, std::string>) {
      value = std::string(bytes());
    } else if constexpr (std::same_as<T, Labels> || std::same_as<T, SharedLabels>) {
      value = T(LabelsView(bytes()));
    } else if constexpr (archive::Sequence<T>) {
      const std::uint64_t size = integer();
      if (size > in_.size()) {  // every element takes a byte at least
        good_ = false;
        in_ = {};
        return;
      }
      value.clear();
      for (std::uint64_t i = 0; i < size && good_; ++i) read(value.emplace_back());
    } else {
      value.fields(*this);
    }
  }
  std::string_view in_;
  bool good_ = true;
};

}  // namespace triaged
