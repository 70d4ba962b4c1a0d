#include "connectors/wire/command_signature.hpp"

#include "connectors/wire/json_reader.hpp"
#include "connectors/wire/json_text.hpp"

namespace triaged::wire {

std::string sign_command(std::string_view command, const CommandSignature& signature) {
  JsonReader reader;
  const auto parsed = reader.parse(reader.padded(command));
  simdjson::dom::object object;
  if (!parsed || parsed->get(object) != simdjson::SUCCESS) return std::string(command);

  std::string out = "{";
  bool has_key = false;
  bool has_actor = false;
  const auto begin_field = [&](std::string_view name) {
    if (out.size() > 1) out += ',';
    append_string(out, name);
    out += ':';
  };
  for (const auto field : object) {
    const bool key = field.key == "key";
    const bool actor = field.key == "actor";
    if ((key && signature.key_wins) || (actor && signature.actor_wins)) continue;
    has_key = has_key || key;
    has_actor = has_actor || actor;
    begin_field(field.key);
    out += simdjson::minify(field.value);
  }
  if (!has_key) {
    begin_field("key");
    append_string(out, signature.key);
  }
  if (!has_actor) {
    begin_field("actor");
    append_string(out, signature.actor);
  }
  return out + "}";
}

}  // namespace triaged::wire
