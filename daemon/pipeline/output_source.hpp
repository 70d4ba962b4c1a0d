// Where the read model's outputs come from, whatever the log is.
#pragma once

#include <expected>
#include <string>

#include "connectors/readmodel/portion.hpp"
#include "rules/model/time.hpp"

namespace triaged::pipeline {

/// For one thread, but for wake().
class OutputSource {
 public:
  OutputSource() = default;
  virtual ~OutputSource() = default;
  OutputSource(const OutputSource&) = delete;
  OutputSource& operator=(const OutputSource&) = delete;

  struct Fault {
    std::string message;      // a sentence
    bool begin_anew = false;  // what the read model has is of no use; else the same may be asked again
  };

  /// Goes on behind `progress`. Gives why a read model that has come so far does not go with these outputs: it is ahead
  /// of them, as after a restore, or is of others, or misses what was let go meanwhile. Empty: it does.
  virtual std::expected<std::string, Fault> begin(const readmodel::Progress& progress) = 0;

  struct Next {
    readmodel::Portion portion;  // without outputs and progress: there is nothing now
    bool more = false;           // there is, behind it
  };
  /// What follows the portion that was given before. Does not wait.
  virtual std::expected<Next, Fault> next() = 0;

  /// Returns when there may be more, after `at_most`, or when wake() was called since it returned last.
  virtual void wait(Duration at_most) = 0;
  /// Thread-safe.
  virtual void wake() = 0;
};

}  // namespace triaged::pipeline
