// The answer that a handler owes.
#pragma once

#include <functional>
#include <utility>

#include "connectors/http/message.hpp"
#include "rules/model/check.hpp"

namespace triaged::http {

/// Called once, on any thread, at any time; also when the client or the server has gone meanwhile. Whoever lets it go
/// unanswered has answered 500. Moved, not copied; one thread at a time.
class Respond {
 public:
  using Sink = std::move_only_function<void(Response)>;

  explicit Respond(Sink sink) : sink_(std::move(sink)) {}
  Respond(Respond&& other) noexcept : sink_(std::exchange(other.sink_, nullptr)) {}
  Respond& operator=(Respond&& other) noexcept {
    if (this != &other) {
      abandon();
      sink_ = std::exchange(other.sink_, nullptr);
    }
    return *this;
  }
  ~Respond() { abandon(); }

  /// A second answer is a broken invariant.
  void operator()(Response response) {
    TRIAGED_CHECK(sink_ != nullptr);
    std::exchange(sink_, nullptr)(std::move(response));
  }

 private:
  void abandon() noexcept {
    if (sink_ != nullptr) (*this)(problem(500, "the request was dropped"));
  }
  Sink sink_;
};

}  // namespace triaged::http
