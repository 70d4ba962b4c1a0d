// The command decoder on any bytes: it does not crash, says what is wrong in one line, and reads back what the writer
// writes of what it took.
#include "connectors/wire/command_decoder.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "connectors/wire/command_signature.hpp"
#include "connectors/wire/document_writer.hpp"

namespace {

using namespace triaged;
using namespace triaged::wire;

constexpr Time kNow{Duration{1'700'000'000'000}};
constexpr std::string_view kPrefix = "INC";

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

std::string written(const Command& command) {
  std::string text;
  append_command(text, command, kPrefix);
  return text;
}

void check_fault(const CommandFault& fault) {
  require(!fault.reason.empty(), "a fault says what it is");
  for (const char c : fault.reason) require(static_cast<unsigned char>(c) >= 0x20, "a reason is one line");
}

/// Later, too: what is taken says all that it depends on.
void check_round_trip(const Command& command) {
  const std::string text = written(command);
  const auto again = decode_command(text, kNow + std::chrono::hours(1), kPrefix);
  require(again.has_value() && std::holds_alternative<Command>(*again), "what was written is read");
  require(written(std::get<Command>(*again)) == text, "it is the same command");
}

void check_signed(std::string_view text) {
  const std::string with_key =
      sign_command(text, {.key = "fuzz", .key_wins = true, .actor = "ann", .actor_wins = true});
  const auto decoded = decode_command(with_key, kNow, kPrefix);
  if (!decoded) return check_fault(decoded.error());
  if (const auto* command = std::get_if<Command>(&*decoded)) {
    require(command->key == "fuzz" && command->actor == "ann", "who is logged in is the actor");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto decoded = decode_command(text, kNow, kPrefix);
  if (!decoded) {
    check_fault(decoded.error());
  } else if (const auto* command = std::get_if<Command>(&*decoded)) {
    require(!command->key.empty() && !command->actor.empty(), "a command has a key and an actor");
    check_round_trip(*command);
  }
  check_signed(text);
  return 0;
}
