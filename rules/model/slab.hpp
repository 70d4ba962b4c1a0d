// Rows with small ids that are used again, in memory that does not move.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "rules/model/check.hpp"

namespace triaged {

/// `Id` is an enum over std::uint32_t. Which id a new row gets depends on the sequence of calls alone.
template <class Id, class Row>
class Slab {
 public:
  Id add(Row row) {
    ++used_count_;
    std::uint32_t at = 0;
    if (free_.empty()) {
      at = grow();
    } else {
      at = free_.back();
      free_.pop_back();
    }
    row_at(at) = std::move(row);
    used_[at] = 1;
    return Id{at};
  }
  void remove(Id id) {
    (*this)[id] = Row{};
    const auto at = static_cast<std::uint32_t>(id);
    used_[at] = 0;
    free_.push_back(at);
    --used_count_;
  }
  [[nodiscard]] bool has(Id id) const {
    const auto at = static_cast<std::uint32_t>(id);
    return at < used_.size() && used_[at] != 0;
  }
  [[nodiscard]] Row& operator[](Id id) {
    TRIAGED_CHECK(has(id));
    return row_at(static_cast<std::uint32_t>(id));
  }
  [[nodiscard]] const Row& operator[](Id id) const {
    TRIAGED_CHECK(has(id));
    return row_at(static_cast<std::uint32_t>(id));
  }
  [[nodiscard]] std::size_t size() const { return used_count_; }

  /// Calls `visit(id, row)` for each row in id order.
  void for_each(auto visit) {
    for (std::uint32_t at = 0; at < used_.size(); ++at) {
      if (used_[at] != 0) visit(Id{at}, row_at(at));
    }
  }
  void for_each(auto visit) const {
    for (std::uint32_t at = 0; at < used_.size(); ++at) {
      if (used_[at] != 0) visit(Id{at}, row_at(at));
    }
  }

  template <class A>
  void fields(A& a) {
    a(used_, free_, used_count_);
    chunks_.resize((used_.size() + kChunkRows - 1) / kChunkRows);
    for (auto& chunk : chunks_) {
      if (chunk == nullptr) chunk = std::make_unique<Row[]>(kChunkRows);
    }
    for_each([&](Id, Row& row) { a(row); });
  }

 private:
  static constexpr std::uint32_t kChunkRows = 256;

  [[nodiscard]] Row& row_at(std::uint32_t at) const { return chunks_[at / kChunkRows][at % kChunkRows]; }
  std::uint32_t grow() {
    if (used_.size() % kChunkRows == 0) chunks_.push_back(std::make_unique<Row[]>(kChunkRows));
    used_.push_back(0);
    return static_cast<std::uint32_t>(used_.size() - 1);
  }

  std::vector<std::unique_ptr<Row[]>> chunks_;
  std::vector<std::uint8_t> used_;  // by row, apart from it: whether there is one is asked all the time
  std::vector<std::uint32_t> free_;
  std::uint64_t used_count_ = 0;
};

}  // namespace triaged
