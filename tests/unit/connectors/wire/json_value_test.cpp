#include "connectors/wire/json/json_value.hpp"

#include <catch2/catch.hpp>

using triaged::wire::JsonValue;

TEST_CASE("JSON values: what is there, and what is not") {
  const auto parsed = JsonValue::parse(R"({"a":[1,-2.5,true,null,"é\n"],"b":{"c":{}}, "n":18446744073709551615})");
  REQUIRE(parsed.has_value());
  const auto& items = (*parsed)["a"].items();
  REQUIRE(items.size() == 5);
  CHECK(items[0].text() == "1");
  CHECK(items[1].text() == "-2.5");
  CHECK(items[2].is_true());
  CHECK(items[3].is_null());
  CHECK(items[4].text() == "é\n");
  CHECK((*parsed)["n"].text() == "18446744073709551615");
  CHECK((*parsed)["b"]["c"].kind() == JsonValue::Kind::object);
  CHECK((*parsed)["b"]["x"]["y"].is_null());
  CHECK((*parsed)["x"].text().empty());
  CHECK(parsed->members().size() == 3);
  for (const char* text : {"", "{", "[1,]", "{} {}"}) CHECK_FALSE(JsonValue::parse(text).has_value());
}
