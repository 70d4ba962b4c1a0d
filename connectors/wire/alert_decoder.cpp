#include "connectors/wire/alert_decoder.hpp"

#include <fmt/format.h>

#include "connectors/wire/alert/alert_reader.hpp"
#include "connectors/wire/alert/alert_skimmer.hpp"
#include "connectors/wire/json_reader.hpp"
#include "connectors/wire/json_scanner.hpp"

namespace triaged::wire {
namespace {

namespace dom = simdjson::dom;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
static_assert(AlertDecoder::kPadding >= simdjson::SIMDJSON_PADDING);

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

bool has_labels(dom::object object) { return object.at_key("labels").error() == simdjson::SUCCESS; }
bool is_webhook(dom::object object) { return !has_labels(object) && object.at_key("alerts").is_array(); }

}  // namespace

struct AlertDecoder::Impl {
  explicit Impl(const AlertLimits& bounds) : limits(bounds), skimmer(bounds), alerts(bounds) {}

  void decode(std::string_view document, std::uint64_t line, AlertBatch& batch);
  void decode_list(std::string_view document, std::uint64_t line, AlertBatch& batch);
  std::optional<Fault> check_envelope(std::string_view document, const JsonScanner::List& list, bool& alert);
  std::optional<Fault> decode_alert(std::string_view text, std::uint64_t line, AlertBatch& batch);

  const AlertLimits limits;
  AlertSkimmer skimmer;
  JsonReader reader;
  AlertReader alerts;
};

void AlertDecoder::Impl::decode(std::string_view document, std::uint64_t line, AlertBatch& batch) {
  if (document.starts_with(kByteOrderMark)) document.remove_prefix(kByteOrderMark.size());
  for (; !document.empty() && is_space(document.front()); document.remove_prefix(1)) line += document.front() == '\n';
  while (!document.empty() && is_space(document.back())) document.remove_suffix(1);
  if (document.empty()) return;
  if (document.size() > limits.document_bytes) {
    batch.rejections.push_back(rejection(line, too_large("the document", document.size(), limits.document_bytes)));
    return;
  }
  if (document.front() == '[' && skimmer.skim_list(document, line, batch)) return;
  if (document.front() == '[' || document.size() > limits.bytes) return decode_list(document, line, batch);
  if (skimmer.skim(document, line, batch)) return;

  const auto root = reader.parse(document);
  std::optional<Fault> fault;
  if (!root) {
    // A fault that the grammar doesn't know (a number out of range) may lie in one element of a webhook body.
    if (document.find("\"alerts\"") != std::string_view::npos) return decode_list(document, line, batch);
    fault = root.error();
  } else {
    dom::object object;
    if (root->get(object) == simdjson::SUCCESS && is_webhook(object)) return decode_list(document, line, batch);
    fault = alerts.read(reader, *root, line, batch);
  }
  if (fault) batch.rejections.push_back(rejection(line, *std::move(fault)));
}

/// An array or a webhook body of any size, or what is too large to be an alert: the text is checked as a whole, and
/// then each element is parsed alone, so that it has a line, a size and a depth of its own.
void AlertDecoder::Impl::decode_list(std::string_view document, std::uint64_t line, AlertBatch& batch) {
  const auto reject = [&](std::uint64_t at, Fault fault) {
    batch.rejections.push_back(rejection(at, std::move(fault)));
  };
  JsonScanner scanner(true);
  if (auto fault = syntax_fault(document, scanner)) return reject(line, *std::move(fault));
  const auto& list = scanner.list();
  bool alert = !list.found;
  if (list.found && document.front() == '{') {
    if (auto fault = check_envelope(document, list, alert)) return reject(line, *std::move(fault));
  }
  if (alert) {
    if (auto fault = decode_alert(document, line, batch)) reject(line, *std::move(fault));
    return;
  }
  std::size_t number = 0;
  for (const auto& element : list.elements) {
    auto fault = decode_alert(document.substr(element.at, element.size), line + element.line, batch);
    if (fault) {
      fault->reason = fmt::format("alert {} of {}: {}", number + 1, list.elements.size(), fault->reason);
      reject(line + element.line, *std::move(fault));
    }
    ++number;
  }
}

/// What stands around the list of a webhook body is checked like an alert. With labels it is one (`alert`).
std::optional<Fault> AlertDecoder::Impl::check_envelope(std::string_view document, const JsonScanner::List& list,
                                                        bool& alert) {
  if (list.twice) return duplicate_key("alerts");
  const std::size_t size = document.size() - (list.end - list.begin);
  if (size > limits.bytes) return too_large("the document without its alerts", size, limits.bytes);
  std::string envelope(document.substr(0, list.begin));
  envelope.append(document.substr(list.end)).append(kPadding, ' ');
  const auto root = reader.parse(std::string_view(envelope).substr(0, size));
  if (!root) return root.error();
  dom::object object;
  alert = root->get(object) == simdjson::SUCCESS && has_labels(object);
  return reader.check(*root, 0, limits.depth);
}

std::optional<Fault> AlertDecoder::Impl::decode_alert(std::string_view text, std::uint64_t line, AlertBatch& batch) {
  if (text.size() > limits.bytes) return too_large("the alert", text.size(), limits.bytes);
  if (skimmer.skim(text, line, batch)) return std::nullopt;
  const auto root = reader.parse(text);
  if (!root) return root.error();
  return alerts.read(reader, *root, line, batch);
}

AlertDecoder::AlertDecoder(AlertLimits limits) : impl_(std::make_unique<Impl>(limits)) {}
AlertDecoder::~AlertDecoder() = default;
AlertDecoder::AlertDecoder(AlertDecoder&&) noexcept = default;
AlertDecoder& AlertDecoder::operator=(AlertDecoder&&) noexcept = default;

void AlertDecoder::decode(std::string_view document, std::uint64_t line, AlertBatch& batch) {
  impl_->decode(impl_->reader.padded(document), line, batch);
}

void AlertDecoder::decode_padded(std::string_view document, std::uint64_t line, AlertBatch& batch) {
  impl_->decode(document, line, batch);
}

}  // namespace triaged::wire
