#include "connectors/kafka/client.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "connectors/kafka/native.hpp"

namespace triaged::kafka {
namespace {

// What people may set otherwise.
constexpr std::array<std::pair<const char*, const char*>, 9> kBounds{{
    {"socket.timeout.ms", "6000"},
    {"compression.codec", "lz4"},
    // A queue that is full makes librdkafka 2.0.2 stop fetching for a second: what is read in bulk needs a deep one.
    {"queued.max.messages.kbytes", "262144"},
    {"queued.min.messages", "5000000"},
    {"message.max.bytes", "8000000"},  // a batch is a little larger, and topics take 8388608
    {"fetch.max.bytes", "8388608"},
    {"fetch.message.max.bytes", "8388608"},
    {"queue.buffering.max.kbytes", "65536"},
    {"topic.metadata.refresh.interval.ms", "60000"},
}};

void take_log(const rd_kafka_t* client, int level, const char* facility, const char* message) {
  // People give properties of consumers and of producers together, and so do we.
  if (std::string_view(facility) == "CONFWARN") return;
  // Whoever takes a transactional id over is told that its transaction is being ended, and asks again.
  if (std::string_view(facility) == "GETPID" && std::string_view(message).ends_with("retrying")) return;
  const auto* const options = static_cast<const ClientOptions*>(rd_kafka_opaque(client));
  if (options != nullptr) options->on_log({.level = level, .facility = facility, .message = message});
}

// Errors of brokers and connections; what matters comes back from calls too.
void take_error(rd_kafka_t* client, int code, const char* reason, void* opaque) {
  std::array<char, 512> text{};
  auto kind = static_cast<rd_kafka_resp_err_t>(code);
  if (kind == RD_KAFKA_RESP_ERR__FATAL) {
    kind = rd_kafka_fatal_error(client, text.data(), text.size());
    reason = text.data();
  }
  static_cast<const ClientOptions*>(opaque)->on_log(
      {.level = 4, .facility = rd_kafka_err2name(kind), .message = reason});
}

std::expected<void, Error> set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> text{};
  switch (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text.data(), text.size())) {
    case RD_KAFKA_CONF_OK: return {};
    case RD_KAFKA_CONF_UNKNOWN:
      return std::unexpected(
          Error{Error::Kind::denied, "_INVALID_ARG", fmt::format("librdkafka has no property \"{}\"", name)});
    case RD_KAFKA_CONF_INVALID: break;
  }
  // librdkafka's own words show the value, which may be a secret.
  return std::unexpected(
      Error{Error::Kind::denied, "_INVALID_ARG", fmt::format("the property \"{}\" can't have this value", name)});
}

Error::Kind kind_of(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID: return Error::Kind::fenced;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR__SSL:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR__INVALID_ARG: return Error::Kind::denied;
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
    case RD_KAFKA_RESP_ERR__IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS:
    case RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS:
    case RD_KAFKA_RESP_ERR_NOT_CONTROLLER: return Error::Kind::retriable;
    default: return Error::Kind::fatal;
  }
}

}  // namespace

const std::map<std::string, std::string, std::less<>>& owned_properties() {
  static const std::map<std::string, std::string, std::less<>> kOwned{
      {"group.id", "log.kafka.group"},
      {"group.instance.id", "log.kafka.instance"},
      {"transactional.id", "log.kafka.group"},
      {"auto.offset.reset", "log.kafka.start"},
      {"session.timeout.ms", "log.kafka.session_timeout"},
      {"heartbeat.interval.ms", "log.kafka.session_timeout"},
      {"max.poll.interval.ms", ""},
      {"transaction.timeout.ms", ""},
      {"enable.auto.commit", ""},
      {"enable.auto.offset.store", ""},
      {"enable.idempotence", ""},
      {"enable.partition.eof", ""},
      {"isolation.level", ""},
      {"partition.assignment.strategy", ""},
      {"max.in.flight.requests.per.connection", ""},
      {"max.in.flight", ""},
      {"acks", ""},
      {"request.required.acks", ""},
      {"log.queue", ""},
      {"opaque", ""},
      {"plugin.library.paths", ""},  // code of others in this process
  };
  return kOwned;
}

std::expected<void, Error> check_properties(const ClientOptions& options) {
  if (auto conf = make_conf(options, {}); !conf) return std::unexpected(conf.error());
  return {};
}

void CloseClient::operator()(rd_kafka_s* client) const { rd_kafka_destroy(client); }

std::string library_version() { return rd_kafka_version_str(); }

Error make_error(const rd_kafka_error_t* error, std::string_view what) {
  Error made = make_error(rd_kafka_error_code(error), what, rd_kafka_error_string(error));
  // What the library says of this very error counts more than what its code means elsewhere.
  if (made.kind == Error::Kind::fenced || made.kind == Error::Kind::denied) return made;
  // What is neither of the three is fatal too: librdkafka's header says so.
  made.kind = Error::Kind::fatal;
  if (rd_kafka_error_is_fatal(error) != 0) return made;
  if (rd_kafka_error_txn_requires_abort(error) != 0) {
    made.kind = Error::Kind::abortable;
  } else if (rd_kafka_error_is_retriable(error) != 0) {
    made.kind = Error::Kind::retriable;
  }
  return made;
}

Error make_error(rd_kafka_resp_err_t code, std::string_view what, std::string_view detail) {
  return {.kind = kind_of(code),
          .name = rd_kafka_err2name(code),
          .message = fmt::format("{}: {}", what, detail.empty() ? std::string_view(rd_kafka_err2str(code)) : detail)};
}

std::expected<NativeConf, Error> make_conf(const ClientOptions& options, const std::vector<Property>& ours) {
  NativeConf conf(rd_kafka_conf_new());
  for (const auto& [name, value] : kBounds) {
    if (auto done = set(conf.get(), name, value); !done) return std::unexpected(done.error());
  }
  if (auto done = set(conf.get(), "client.id", options.client_id); !done) return std::unexpected(done.error());
  for (const auto& [name, value] : options.properties) {
    if (const auto owned = owned_properties().find(name); owned != owned_properties().end()) {
      const std::string hint = owned->second.empty() ? "" : fmt::format("; see {}", owned->second);
      return std::unexpected(Error{Error::Kind::denied, "_INVALID_ARG",
                                   fmt::format("the property \"{}\" is set by triaged{}", name, hint)});
    }
    if (auto done = set(conf.get(), name, value); !done) return std::unexpected(done.error());
  }
  for (const auto& [name, value] : ours) {
    if (auto done = set(conf.get(), name, value); !done) return std::unexpected(done.error());
  }
  // The callbacks below only read it.
  rd_kafka_conf_set_opaque(conf.get(), const_cast<ClientOptions*>(&options));
  rd_kafka_conf_set_log_cb(conf.get(), take_log);
  rd_kafka_conf_set_error_cb(conf.get(), take_error);
  return conf;
}

std::expected<Client, Error> make_client(rd_kafka_type_t type, NativeConf conf) {
  std::array<char, 512> text{};
  rd_kafka_t* const made = rd_kafka_new(type, conf.get(), text.data(), text.size());
  if (made == nullptr) return std::unexpected(make_error(RD_KAFKA_RESP_ERR__INVALID_ARG, "Kafka", text.data()));
  (void)conf.release();  // the client's now
  return Client(made);
}

rd_kafka_resp_err_t produce(rd_kafka_t* client, const OutgoingRecord& record, int flags, void* opaque) {
  const std::string topic(record.topic);
  std::unique_ptr<rd_kafka_headers_t, Freeing<&rd_kafka_headers_destroy>> headers;
  if (!record.headers.empty()) {
    headers.reset(rd_kafka_headers_new(record.headers.size()));
    for (const Header& header : record.headers) {
      rd_kafka_header_add(headers.get(), header.name.data(), static_cast<ssize_t>(header.name.size()),
                          header.value.data(), static_cast<ssize_t>(header.value.size()));
    }
  }
  std::array<rd_kafka_vu_t, 7> parts{};
  std::size_t count = 0;
  const auto part = [&parts, &count](rd_kafka_vtype_t type) -> auto& {
    parts[count].vtype = type;
    return parts[count++].u;
  };
  const auto bytes = [](std::string_view text) -> decltype(rd_kafka_vu_t::u.mem) {
    return {const_cast<char*>(text.data()), text.size()};  // it only copies them
  };
  part(RD_KAFKA_VTYPE_TOPIC).cstr = topic.c_str();
  part(RD_KAFKA_VTYPE_PARTITION).i32 = record.partition;
  part(RD_KAFKA_VTYPE_MSGFLAGS).i = RD_KAFKA_MSG_F_COPY | flags;
  part(RD_KAFKA_VTYPE_KEY).mem = bytes(record.key);
  part(RD_KAFKA_VTYPE_VALUE).mem = bytes(record.value);
  part(RD_KAFKA_VTYPE_OPAQUE).ptr = opaque;
  if (headers != nullptr) part(RD_KAFKA_VTYPE_HEADERS).headers = headers.get();
  if (const NativeError error(rd_kafka_produceva(client, parts.data(), count)); error != nullptr) {
    return rd_kafka_error_code(error.get());
  }
  (void)headers.release();  // the message's now
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

int milliseconds(Duration duration) {
  return static_cast<int>(std::clamp<Duration::rep>(duration.count(), 0, std::numeric_limits<int>::max()));
}

}  // namespace triaged::kafka
