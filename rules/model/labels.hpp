// Label sets in one canonical form: what an alert is, and what matchers look at.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

namespace triaged {

struct LabelPair {
  std::string_view name;
  std::string_view value;
  friend bool operator==(const LabelPair&, const LabelPair&) = default;
};

/// A label set that someone else owns.
///
/// The bytes are `name 0xFF value 0xFF` for each label, names unique and in byte order, no empty value (an empty value
/// means "absent", as in Prometheus). 0xFF stands in no UTF-8 text, so the form is unambiguous, two sets are equal
/// exactly when their bytes are, and the bytes are what Prometheus's fingerprint is computed over.
class LabelsView {
 public:
  class iterator {
   public:
    using value_type = LabelPair;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;

    explicit iterator(std::string_view rest) : rest_(rest) { read(); }
    const LabelPair& operator*() const { return pair_; }
    const LabelPair* operator->() const { return &pair_; }
    iterator& operator++() {
      rest_.remove_prefix(pair_.name.size() + pair_.value.size() + 2);
      read();
      return *this;
    }
    bool operator==(const iterator& other) const { return rest_.size() == other.rest_.size(); }

   private:
    void read() {
      if (rest_.empty()) return;
      const std::size_t name_size = text_size(rest_);
      pair_.name = rest_.substr(0, name_size);
      const std::string_view behind = rest_.substr(name_size + 1);
      pair_.value = behind.substr(0, text_size(behind));
    }
    /// Up to the next separator. Most texts are so short that a call of memchr would cost more than its work.
    static std::size_t text_size(std::string_view bytes) {
      constexpr std::uint64_t kOnes = 0x0101010101010101U;
      constexpr std::uint64_t kHighs = 0x8080808080808080U;
      std::size_t at = 0;
      for (std::uint64_t word = 0; at + sizeof word <= bytes.size(); at += sizeof word) {
        std::memcpy(&word, bytes.data() + at, sizeof word);
        // The high bits of the bytes that are 0xFF; perhaps of some above the first of them too.
        const std::uint64_t found = (~word - kOnes) & word & kHighs;
        if (found == 0) continue;
        if constexpr (std::endian::native == std::endian::little)
          at += static_cast<std::size_t>(std::countr_zero(found)) / 8;
        break;
      }
      while (at < bytes.size() && bytes[at] != '\xFF') ++at;
      return at;
    }
    std::string_view rest_;
    LabelPair pair_;
  };

  LabelsView() = default;
  /// `canonical` must be in the form above; only LabelsBuilder and readers of trusted state make such bytes.
  explicit LabelsView(std::string_view canonical) : bytes_(canonical) {}

  [[nodiscard]] std::string_view bytes() const { return bytes_; }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  /// The value, or an empty view where the label is absent.
  [[nodiscard]] std::string_view get(std::string_view name) const {
    for (const auto& label : *this) {
      if (label.name == name) return label.value;
    }
    return {};
  }
  [[nodiscard]] iterator begin() const { return iterator(bytes_); }
  [[nodiscard]] iterator end() const { return iterator(std::string_view{}); }
  friend bool operator==(LabelsView a, LabelsView b) { return a.bytes_ == b.bytes_; }

 private:
  std::string_view bytes_;
};

/// A label set that owns its bytes.
class Labels {
 public:
  Labels() = default;
  explicit Labels(LabelsView view) : bytes_(view.bytes()) {}
  static Labels from_canonical(std::string bytes) {
    Labels labels;
    labels.bytes_ = std::move(bytes);
    return labels;
  }

  [[nodiscard]] LabelsView view() const { return LabelsView(bytes_); }
  operator LabelsView() const { return view(); }  // NOLINT(google-explicit-constructor): a view is what readers take
  [[nodiscard]] std::string_view bytes() const { return bytes_; }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  [[nodiscard]] std::string_view get(std::string_view name) const { return view().get(name); }
  [[nodiscard]] LabelsView::iterator begin() const { return view().begin(); }
  [[nodiscard]] LabelsView::iterator end() const { return view().end(); }
  friend bool operator==(const Labels& a, const Labels& b) { return a.bytes_ == b.bytes_; }

 private:
  std::string bytes_;
};

/// An immutable label set that several owners share: what documents carry, so that they stay good on their own.
/// Copies are cheap and may be used from any thread. Takes one pointer, and one piece of memory for all owners.
class SharedLabels {
 public:
  SharedLabels() = default;
  explicit SharedLabels(LabelsView view);

  [[nodiscard]] std::string_view bytes() const { return block_ ? block_->bytes() : std::string_view(); }
  [[nodiscard]] LabelsView view() const { return LabelsView(bytes()); }
  operator LabelsView() const { return view(); }  // NOLINT(google-explicit-constructor): a view is what readers take
  [[nodiscard]] bool empty() const { return block_ == nullptr; }
  [[nodiscard]] std::string_view get(std::string_view name) const { return view().get(name); }
  [[nodiscard]] LabelsView::iterator begin() const { return view().begin(); }
  [[nodiscard]] LabelsView::iterator end() const { return view().end(); }

 private:
  /// The label bytes stand right behind it.
  struct Block : boost::intrusive_ref_counter<Block, boost::thread_safe_counter> {
    explicit Block(std::uint32_t bytes) : size(bytes) {}
    [[nodiscard]] std::string_view bytes() const { return {reinterpret_cast<const char*>(this + 1), size}; }
    // The memory is larger than a Block, so its size must not be told from the type.
    static void* operator new(std::size_t, void* memory) { return memory; }
    static void operator delete(void* memory) { ::operator delete(memory); }
    std::uint32_t size;
  };

  boost::intrusive_ptr<const Block> block_;
};

/// Builds a canonical label set. Setting an empty value removes the label. Not thread-safe; reusable after build().
class LabelsBuilder {
 public:
  LabelsBuilder() = default;
  explicit LabelsBuilder(LabelsView from);

  void set(std::string_view name, std::string_view value);
  void erase(std::string_view name);
  [[nodiscard]] std::string_view get(std::string_view name) const;
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& pairs() const { return pairs_; }
  [[nodiscard]] Labels build() const;

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;  // sorted by name
};

}  // namespace triaged
