// What goes wrong between us and a Kafka cluster, by what can be done about it.
#pragma once

#include <cstdint>
#include <string>

namespace triaged::kafka {

struct Error {
  enum class Kind : std::uint8_t {
    retriable,  // the same call may succeed later
    abortable,  // the transaction has to be aborted; the same bytes may be sent again in another
    fenced,     // another instance has this one's place: nothing that was not committed counts
    denied,     // credentials, certificates or ACLs: people have to change something
    fatal,      // the client is of no use any more
  } kind = Kind::fatal;
  std::string name;     // librdkafka's: "_TIMED_OUT", "TOPIC_AUTHORIZATION_FAILED"; for logs and metrics
  std::string message;  // a sentence: what was tried, and what came of it
};

}  // namespace triaged::kafka
