// CloudEvents 1.0.2 in structured mode, JSON: {"specversion": "1.0", …, "data": …}. What it carries is taken out; who
// sent it and what it is called are the sender's affair.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace triaged::wire {

/// Whether a content type says so: application/cloudevents+json, with or without parameters.
[[nodiscard]] bool is_cloud_event(std::string_view content_type);

/// The member `data` as it stands in the text, or `data_base64` decoded. Nothing: the text is no such event, or carries
/// no data, or more than one. Thread-safe: what it needs is a thread's own.
[[nodiscard]] std::optional<std::string> cloud_event_data(std::string_view text);

}  // namespace triaged::wire
