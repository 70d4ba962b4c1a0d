// Why a request is not served.
#pragma once

#include <string>

namespace triaged::http {

struct Refusal {
  int status = 400;
  std::string detail;  // a sentence without anything that the client sent
  friend bool operator==(const Refusal&, const Refusal&) = default;
};

}  // namespace triaged::http
