// Query parameters → values, with every fault told.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/http/message.hpp"
#include "connectors/readmodel/queries.hpp"
#include "rules/match/matcher.hpp"
#include "rules/model/time.hpp"

namespace triaged::api {

/// Reads parameters one by one; faults gather. Ask fault() when all were read: a parameter that nobody asked for is
/// one.
class QueryParameters {
 public:
  explicit QueryParameters(const http::Parameters& parameters) : parameters_(parameters) {}

  /// The one value; absent: not given. Twice is a fault.
  std::optional<std::string> text(std::string_view name);
  /// Each may be given several times.
  std::vector<std::string> texts(std::string_view name);
  /// As texts(), and several values may stand in one, separated by commas.
  std::vector<std::string> words(std::string_view name);
  /// Words of which each is one that `parse(word)` has a value for; `known` says which there are.
  template <typename Parse>
  auto choices(std::string_view name, std::span<const std::string_view> known, Parse parse) {
    std::vector<typename decltype(parse(std::string_view()))::value_type> values;
    for (const auto& word : words(name)) {
      if (const auto value = parse(std::string_view(word))) {
        values.push_back(*value);
      } else {
        unknown_word(name, word, known);
      }
    }
    return values;
  }
  std::optional<Time> time(std::string_view name);
  Matchers matchers(std::string_view name);
  /// `limit` and `cursor`.
  readmodel::PageRequest page();

  /// What a client must not send, as a fault of this parameter.
  void refuse(std::string_view name, std::string reason);
  void unknown_word(std::string_view name, std::string_view word, std::span<const std::string_view> known);

  /// 400 with all faults; absent: there are none.
  std::optional<http::Response> fault();

 private:
  struct Fault {
    std::string parameter;
    std::string reason;
  };
  const http::Parameters& parameters_;
  std::vector<std::string> asked_;
  std::vector<Fault> faults_;
};

}  // namespace triaged::api
