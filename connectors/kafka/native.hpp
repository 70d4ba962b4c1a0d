// librdkafka's objects, owned. Only .cpp files of this folder include this.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <librdkafka/rdkafka.h>

#include "connectors/kafka/client.hpp"
#include "connectors/kafka/error.hpp"

namespace triaged::kafka {

template <auto Free>
struct Freeing {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

using NativeConf = std::unique_ptr<rd_kafka_conf_t, Freeing<&rd_kafka_conf_destroy>>;
using NativeError = std::unique_ptr<rd_kafka_error_t, Freeing<&rd_kafka_error_destroy>>;
using NativeEvent = std::unique_ptr<rd_kafka_event_t, Freeing<&rd_kafka_event_destroy>>;
using NativeTopic = std::unique_ptr<rd_kafka_topic_t, Freeing<&rd_kafka_topic_destroy>>;
using NativeQueue = std::unique_ptr<rd_kafka_queue_t, Freeing<&rd_kafka_queue_destroy>>;
using NativePartitions =
    std::unique_ptr<rd_kafka_topic_partition_list_t, Freeing<&rd_kafka_topic_partition_list_destroy>>;

/// `what`: "producing to the topic triaged.cuts".
[[nodiscard]] Error make_error(const rd_kafka_error_t* error, std::string_view what);
[[nodiscard]] Error make_error(rd_kafka_resp_err_t code, std::string_view what, std::string_view detail = {});

struct Property {
  const char* name;
  std::string value;
};
/// Our bounds, then what people set, then `ours`, which nobody may set. The error names a property, never its value.
[[nodiscard]] std::expected<NativeConf, Error> make_conf(const ClientOptions& options,
                                                         const std::vector<Property>& ours);
/// `opaque` of the conf is the ClientOptions, which must outlive the client.
[[nodiscard]] std::expected<Client, Error> make_client(rd_kafka_type_t type, NativeConf conf);

/// Puts a copy of the record on the producer's queue. `flags`: RD_KAFKA_MSG_F_BLOCK or 0. `opaque` comes back with the
/// delivery report.
[[nodiscard]] rd_kafka_resp_err_t produce(rd_kafka_t* client, const OutgoingRecord& record, int flags, void* opaque);

/// For librdkafka's timeouts: at least 0.
[[nodiscard]] int milliseconds(Duration duration);

}  // namespace triaged::kafka
