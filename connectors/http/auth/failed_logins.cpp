#include "connectors/http/auth/failed_logins.hpp"

#include <algorithm>

namespace triaged::http {
namespace {

constexpr std::size_t kMaxKeys = 4096;

}  // namespace

bool FailedLogins::exhausted(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = debts_.find(key);
  return found != debts_.end() && found->second - watch_.elapsed() > limit_.recovery * (limit_.burst - 1);
}

void FailedLogins::note(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const Duration now = watch_.elapsed();
  if (debts_.size() >= kMaxKeys) forget_settled(now);
  if (debts_.size() >= kMaxKeys && !debts_.contains(key)) return;  // more addresses than one can watch
  Duration& until = debts_.try_emplace(key, now).first->second;
  until = std::min(std::max(until, now) + limit_.recovery, now + limit_.recovery * limit_.burst);
}

void FailedLogins::forgive(const std::string& key) {
  const std::lock_guard lock(mutex_);
  debts_.erase(key);
}

void FailedLogins::forget_settled(Duration now) {
  std::erase_if(debts_, [now](const auto& debt) { return debt.second <= now; });
}

}  // namespace triaged::http
