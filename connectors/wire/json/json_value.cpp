#include "connectors/wire/json/json_value.hpp"

#include "connectors/wire/json_reader.hpp"

namespace triaged::wire {

using simdjson::dom::element;
using simdjson::dom::element_type;

class JsonValue::Builder {
 public:
  /// The parser bounds how deep it goes.
  static JsonValue build(element from) {
    JsonValue value;
    switch (from.type()) {
      case element_type::NULL_VALUE: break;
      case element_type::BOOL: value.kind_ = Kind::boolean; break;
      case element_type::INT64:
      case element_type::UINT64:
      case element_type::DOUBLE: value.kind_ = Kind::number; break;
      case element_type::STRING:
        value.kind_ = Kind::string;
        value.text_ = std::string_view(from);
        return value;
      case element_type::ARRAY:
        value.kind_ = Kind::array;
        for (const auto item : simdjson::dom::array(from)) value.items_.push_back(build(item));
        return value;
      case element_type::OBJECT:
        value.kind_ = Kind::object;
        for (const auto field : simdjson::dom::object(from)) value.members_.emplace_back(field.key, build(field.value));
        return value;
    }
    if (value.kind_ != Kind::null) value.text_ = simdjson::minify(from);
    return value;
  }
};

std::expected<JsonValue, std::string> JsonValue::parse(std::string_view text) {
  JsonReader reader;
  const auto root = reader.parse(reader.padded(text));
  if (!root) return std::unexpected(root.error().reason);
  return Builder::build(*root);
}

const JsonValue& JsonValue::operator[](std::string_view name) const {
  static const JsonValue kNull;
  for (const auto& member : members_) {
    if (member.first == name) return member.second;
  }
  return kNull;
}

}  // namespace triaged::wire
