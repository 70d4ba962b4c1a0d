#include "connectors/http/limits/admission.hpp"

namespace triaged::http {

Admission::Verdict Admission::enter(const std::string& address) {
  const std::lock_guard lock(mutex_);
  const auto found = of_address_.find(address);
  const bool address_full = found != of_address_.end() && found->second >= max_of_address_;
  if (welcome_ >= max_ || address_full) {
    if (told_ >= kToldApart) return Verdict::turned_away;
    ++told_;
    return address_full ? Verdict::too_many_of_address : Verdict::too_many;
  }
  ++welcome_;
  ++of_address_[address];
  return Verdict::welcome;
}

void Admission::leave(const std::string& address, Verdict verdict) {
  if (verdict == Verdict::turned_away) return;
  const std::lock_guard lock(mutex_);
  if (verdict == Verdict::welcome) {
    --welcome_;
    const auto found = of_address_.find(address);
    if (--found->second == 0) of_address_.erase(found);
  } else {
    --told_;
  }
  if (welcome_ + told_ == 0) empty_.notify_all();
}

std::uint32_t Admission::count() const {
  const std::lock_guard lock(mutex_);
  return welcome_ + told_;
}

bool Admission::wait_until_empty(Duration timeout) {
  std::unique_lock lock(mutex_);
  return empty_.wait_for(lock, timeout, [this] { return welcome_ + told_ == 0; });
}

}  // namespace triaged::http
