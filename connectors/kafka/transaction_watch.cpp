#include "connectors/kafka/transaction_watch.hpp"

namespace triaged::kafka {
namespace {

constexpr const char* kName = "transaction_watch";

// Kafka's protocol: AddPartitionsToTxn, AddOffsetsToTxn, EndTxn, TxnOffsetCommit.
bool of_a_transaction(std::int16_t key) { return key == 24 || key == 25 || key == 26 || key == 28; }

}  // namespace

void TransactionWatch::attach(rd_kafka_conf_t* conf) {
  rd_kafka_conf_interceptor_add_on_new(conf, kName, &TransactionWatch::on_new, this);
}

rd_kafka_resp_err_t TransactionWatch::on_new(rd_kafka_t* client, const rd_kafka_conf_t* /*conf*/, void* opaque,
                                             char* /*text*/, std::size_t /*size*/) {
  const auto sent = rd_kafka_interceptor_add_on_request_sent(client, kName, &TransactionWatch::on_request_sent, opaque);
  if (sent != RD_KAFKA_RESP_ERR_NO_ERROR) return sent;
  return rd_kafka_interceptor_add_on_response_received(client, kName, &TransactionWatch::on_response_received, opaque);
}

rd_kafka_resp_err_t TransactionWatch::on_request_sent(rd_kafka_t* /*client*/, int /*socket*/, const char* /*broker*/,
                                                      std::int32_t /*broker_id*/, std::int16_t key,
                                                      std::int16_t /*version*/, std::int32_t /*correlation*/,
                                                      std::size_t /*size*/, void* opaque) {
  if (of_a_transaction(key)) ++static_cast<TransactionWatch*>(opaque)->sent_;
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t TransactionWatch::on_response_received(rd_kafka_t* /*client*/, int /*socket*/,
                                                           const char* /*broker*/, std::int32_t /*broker_id*/,
                                                           std::int16_t key, std::int16_t /*version*/,
                                                           std::int32_t /*correlation*/, std::size_t /*size*/,
                                                           std::int64_t /*took*/, rd_kafka_resp_err_t error,
                                                           void* opaque) {
  // librdkafka 2.0.2 calls this twice for an answer, and without a correlation id that tells one from the other; of a
  // request that got none it tells an error.
  if (of_a_transaction(key) && error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    static_cast<TransactionWatch*>(opaque)->unanswered_ = true;
  }
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace triaged::kafka
