// POST /api/v1/commands, GET /api/v1/commands/{id}: what people and programs ask of the engine
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "connectors/clock/clock.hpp"
#include "connectors/wire/command_decoder.hpp"
#include "connectors/wire/command_signature.hpp"
#include "connectors/wire/document_reader.hpp"
#include "connectors/wire/json_text.hpp"
#include "daemon/api/query_parameters.hpp"
#include "daemon/api/resources.hpp"

namespace triaged::api {
namespace {

constexpr Duration kPatience = std::chrono::seconds(5);
constexpr std::uint64_t kCommandBytes = 256 * 1024;  // more than any command may have

/// What a command changed is published at the close of its 100 ms of log time.
Time published_by(Time log_time) {
  constexpr Duration kSlot{100};
  return Time{(log_time.time_since_epoch() / kSlot + 1) * kSlot};
}

/// `,"name":document` for an id whose document is there.
template <typename Ask>
void add_document(std::string& out, std::string_view name, const std::string& id, readmodel::ReaderPool& readers,
                  Ask ask) {
  if (id.empty()) return;
  const auto document = readers.with([&](readmodel::ReadModelReader& reader) { return ask(reader, id); });
  if (document && *document) field(out, name) += **document;
}

/// What became of a command: its audit record, and what it acted on; absent: nothing is known yet.
std::optional<http::Response> outcome(const std::string& id, readmodel::ReaderPool& readers) {
  const auto record = readers.with([&](auto& reader) { return reader.audit(id); });
  if (!record) return failure(record.error());
  if (!*record) return std::nullopt;
  wire::DocumentReader reader;
  wire::AuditFields audit;
  if (!reader.read(**record, audit)) return http::problem(500, fmt::format("the record {} can't be read", id));
  if (!audit.accepted) return http::problem(409, audit.reason, {{"command", **record}});
  std::string out = "{";
  field(out, "command") += **record;
  const auto incident = [](readmodel::ReadModelReader& model, const std::string& key) { return model.incident(key); };
  add_document(out, "incident", audit.incident_id, readers, incident);
  add_document(out, "newIncident", audit.new_incident_id, readers, incident);
  add_document(out, "silence", audit.suppression, readers,
               [](readmodel::ReadModelReader& model, const std::string& key) { return model.silence(key); });
  return http::json(200, out + "}\n");
}

http::Response not_yet(const std::string& id) {
  std::string out = "{";
  text_field(out, "id", id);
  auto response = http::json(202, out + "}\n");
  response.headers.push_back({"Location", "/api/v1/commands/" + id});
  return response;
}

http::Response malformed(const wire::CommandFault& fault) {
  std::vector<http::ProblemMember> members;
  if (!fault.field.empty()) {
    std::string name;
    wire::append_string(name, fault.field);
    members.push_back({"field", std::move(name)});
  }
  return http::problem(400, fault.reason, std::move(members));
}

/// Between the log's answer and the read model's.
class Pending : public std::enable_shared_from_this<Pending> {
 public:
  Pending(const Parts& parts, http::Respond respond)
      : read_model_(parts.read_model), readers_(parts.readers), workers_(parts.workers), respond_(std::move(respond)) {}

  void in_the_log(CommandReceipt receipt) {
    if (!receipt.conflict.empty()) return respond_(http::problem(409, std::move(receipt.conflict)));
    if (receipt.refusal) return respond_(http::unavailable(receipt.refusal->reason, receipt.refusal->retry_after));
    id_ = std::move(receipt.id);
    shard_ = receipt.shard;
    wanted_ = published_by(receipt.log_time);
    wait();
  }

 private:
  void wait() {
    read_model_.wait(shard_, wanted_, kPatience,
                     [self = shared_from_this()](bool caught_up) { self->told(caught_up); });
  }
  void told(bool caught_up) {
    Workers::Task task = [self = shared_from_this()] { self->respond(); };
    if (!caught_up || !workers_.post(task)) respond_(not_yet(id_));
  }
  void respond() {
    auto response = outcome(id_, readers_);
    if (!response && since_.elapsed() < kPatience) {
      // While its record was being written, the clock went past its slot: it is in a later one.
      wanted_ = published_by(wanted_);
      return wait();
    }
    respond_(response ? *std::move(response) : not_yet(id_));
  }

  ReadModelWaiter& read_model_;
  readmodel::ReaderPool& readers_;
  Workers& workers_;
  http::Respond respond_;
  std::string id_;
  std::uint32_t shard_ = 0;
  Time wanted_{};
  clock::Stopwatch since_;
};

/// The body with key and actor: who is logged in is the actor, whatever the body says.
std::string sign(const http::Request& request, const MakeKey& make_key) {
  wire::CommandSignature signature;
  const auto key = request.fields.find("Idempotency-Key");
  signature.key_wins = key.has_value();
  signature.key = key ? std::string(*key) : make_key();
  signature.actor_wins = request.user.has_value();
  signature.actor = request.user ? request.user->name : "anonymous";
  return wire::sign_command(request.body, signature);
}

void take_command(const Parts& parts, const http::Request& request, http::Respond respond) {
  if (auto fault = QueryParameters(request.query).fault()) return respond(*std::move(fault));
  const auto bundle = parts.status.bundle();
  if (bundle == nullptr) return respond(http::unavailable("the daemon is starting", std::chrono::seconds(1)));
  auto text = sign(request, parts.make_key);
  // Which time it is decides only what a silence starts at; the engine reads the text again, with the record's.
  const auto decoded = wire::decode_command(text, kEarliest, bundle->settings.incident_prefix);
  if (!decoded) return respond(malformed(decoded.error()));
  const bool skip = std::holds_alternative<wire::SkipRequest>(*decoded);
  if (skip && request.user && request.user->role < config::Role::admin) {
    return respond(http::problem(403, "to leave a record of the log out takes the role admin"));
  }
  auto pending = std::make_shared<Pending>(parts, std::move(respond));
  parts.commands.submit(std::move(text),
                        [pending](CommandReceipt receipt) { pending->in_the_log(std::move(receipt)); });
}

http::Response show_command(const http::Request& request, readmodel::ReaderPool& readers) {
  if (auto fault = QueryParameters(request.query).fault()) return *std::move(fault);
  const auto& id = request.capture("id");
  auto response = outcome(id, readers);
  return response ? *std::move(response) : not_found("command", id);
}

}  // namespace

void add_commands(http::Router& router, const Parts& parts) {
  using config::Role;
  router.add({http::Method::post, "/api/v1/commands", Role::write,
              [parts](const http::Request& request, http::Respond respond) {
                take_command(parts, request, std::move(respond));
              },
              kCommandBytes});
  router.add({http::Method::get, "/api/v1/commands/{id}", Role::read, on_worker(parts, show_command)});
}

}  // namespace triaged::api
