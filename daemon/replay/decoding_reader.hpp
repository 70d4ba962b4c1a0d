// Reads and decodes a file of alerts in a thread of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "connectors/files/file_descriptor.hpp"
#include "connectors/wire/alert_batch.hpp"
#include "daemon/replay/bounded_queue.hpp"

namespace triaged::replay {

/// A file (or standard input) that is open for reading.
struct InputFile {
  std::string name;  // as the user gave it; "-": standard input
  files::FileDescriptor descriptor;
  std::optional<std::uint64_t> size;  // bytes; absent for a pipe or a device

  /// The error is a sentence that names the file.
  static std::expected<InputFile, std::string> open(const std::string& name);
};

/// The bytes that one read gave, decoded.
struct ReadBatch {
  wire::AlertBatch alerts;
  std::uint64_t bytes_read = 0;  // of the input so far
};

/// A thread that reads pieces of up to 1 MiB, decodes them, and puts batches into a queue that holds a few of them.
/// Only a few batches ever exist. The owner's thread calls next() and recycle().
class DecodingReader {
 public:
  explicit DecodingReader(InputFile file);
  /// Stops the thread, also where it waits for input.
  ~DecodingReader();
  DecodingReader(const DecodingReader&) = delete;
  DecodingReader& operator=(const DecodingReader&) = delete;

  /// The next batch in the order of the input; null: the input has ended, or could not be read further (error() says).
  [[nodiscard]] std::unique_ptr<ReadBatch> next();
  /// Gives a batch back, so that its memory is used again.
  void recycle(std::unique_ptr<ReadBatch> batch);
  /// Why reading stopped before the end, once next() has given null.
  [[nodiscard]] const std::optional<std::string>& error() const { return error_; }

 private:
  void run();
  [[nodiscard]] bool wait_readable() const;
  [[nodiscard]] std::unique_ptr<ReadBatch> fresh_batch();

  InputFile file_;
  files::FileDescriptor wake_;
  BoundedQueue<std::unique_ptr<ReadBatch>> filled_;
  BoundedQueue<std::unique_ptr<ReadBatch>> empty_;
  std::optional<std::string> error_;  // written by the thread before it closes filled_
  std::thread thread_;
};

}  // namespace triaged::replay
