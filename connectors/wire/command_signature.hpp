// Who gives a command, and under which key: what a client may leave out of its JSON.
#pragma once

#include <string>
#include <string_view>

namespace triaged::wire {

/// Each replaces what the command says where it `wins`; else it stands in for what the command does not say.
struct CommandSignature {
  std::string key;
  bool key_wins = false;
  std::string actor;
  bool actor_wins = false;
};

/// The command with both, for decode_command(). What is no JSON object comes back as it is, for decode_command() to
/// refuse.
[[nodiscard]] std::string sign_command(std::string_view command, const CommandSignature& signature);

}  // namespace triaged::wire
