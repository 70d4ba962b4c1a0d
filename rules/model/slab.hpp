// Rows with small ids that are used again, in memory that does not move.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "rules/model/check.hpp"

namespace triaged {

/// `Id` is an enum over std::uint32_t. Which id a new row gets depends on the sequence of calls alone.
template <class Id, class Row>
class Slab {
 public:
  Id add(Row row) {
    ++used_;
    if (!free_.empty()) {
      const std::uint32_t at = free_.back();
      free_.pop_back();
      rows_[at] = {std::move(row), true};
      return Id{at};
    }
    rows_.push_back({std::move(row), true});
    return Id{static_cast<std::uint32_t>(rows_.size() - 1)};
  }
  void remove(Id id) {
    TRIAGED_CHECK(has(id));
    auto& slot = rows_[static_cast<std::uint32_t>(id)];
    slot = {Row{}, false};
    free_.push_back(static_cast<std::uint32_t>(id));
    --used_;
  }
  [[nodiscard]] bool has(Id id) const {
    const auto at = static_cast<std::uint32_t>(id);
    return at < rows_.size() && rows_[at].used;
  }
  [[nodiscard]] Row& operator[](Id id) {
    TRIAGED_CHECK(has(id));
    return rows_[static_cast<std::uint32_t>(id)].row;
  }
  [[nodiscard]] const Row& operator[](Id id) const {
    TRIAGED_CHECK(has(id));
    return rows_[static_cast<std::uint32_t>(id)].row;
  }
  [[nodiscard]] std::size_t size() const { return used_; }

  /// Calls `visit(id, row)` for each row in id order.
  void for_each(auto visit) {
    for (std::uint32_t at = 0; at < rows_.size(); ++at) {
      if (rows_[at].used) visit(Id{at}, rows_[at].row);
    }
  }
  void for_each(auto visit) const {
    for (std::uint32_t at = 0; at < rows_.size(); ++at) {
      if (rows_[at].used) visit(Id{at}, rows_[at].row);
    }
  }

  template <class A>
  void fields(A& a) {
    a(rows_, free_, used_);
  }

 private:
  struct Slot {
    Row row{};
    bool used = false;
    template <class A>
    void fields(A& a) {
      a(used);
      if (used) a(row);
    }
  };
  std::deque<Slot> rows_;
  std::vector<std::uint32_t> free_;
  std::uint64_t used_ = 0;
};

}  // namespace triaged
