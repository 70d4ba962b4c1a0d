// How many connections there are, and of whom.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "rules/model/time.hpp"

namespace triaged::http {

/// So many more connections are kept for a moment, to be told that there are too many.
inline constexpr std::uint32_t kToldApart = 64;

/// Thread-safe. Outlives its places.
class Admission {
 public:
  Admission(std::uint32_t max, std::uint32_t max_of_address) : max_(max), max_of_address_(max_of_address) {}

  enum class Verdict {
    welcome,
    too_many,             // has a place for as long as it takes to say so
    too_many_of_address,  // the same
    turned_away,          // has none
  };
  [[nodiscard]] Verdict enter(const std::string& address);
  void leave(const std::string& address, Verdict verdict);

  /// With a place.
  [[nodiscard]] std::uint32_t count() const;
  /// Whether all have gone within that time.
  bool wait_until_empty(Duration timeout);

 private:
  const std::uint32_t max_;
  const std::uint32_t max_of_address_;
  mutable std::mutex mutex_;
  std::condition_variable empty_;
  std::uint32_t welcome_ = 0;
  std::uint32_t told_ = 0;
  std::map<std::string, std::uint32_t> of_address_;
};

/// A connection's right to be there; given up at the end.
class Place {
 public:
  Place(Admission& admission, std::string address)
      : admission_(&admission), address_(std::move(address)), verdict_(admission.enter(address_)) {}
  Place(Place&& other) noexcept
      : admission_(std::exchange(other.admission_, nullptr)),
        address_(std::move(other.address_)),
        verdict_(other.verdict_) {}
  Place& operator=(Place&&) = delete;
  ~Place() {
    if (admission_ != nullptr) admission_->leave(address_, verdict_);
  }
  [[nodiscard]] Admission::Verdict verdict() const { return verdict_; }

 private:
  Admission* admission_;
  std::string address_;
  Admission::Verdict verdict_;
};

}  // namespace triaged::http
