#include "rules/model/hash.hpp"

#include <set>
#include <string>

#include <catch2/catch.hpp>

using triaged::hash_bytes;

TEST_CASE("each byte of a text and its length are in the hash, and nothing behind it") {
  std::set<std::uint64_t> seen;
  std::size_t texts = 0;
  for (std::size_t size = 0; size <= 70; ++size) {
    const std::string plain(size, 'a');
    CHECK(hash_bytes(plain) == hash_bytes(std::string_view(plain + "behind").substr(0, size)));
    seen.insert(hash_bytes(plain));
    ++texts;
    for (std::size_t at = 0; at < size; ++at) {
      std::string changed = plain;
      changed[at] = 'b';
      seen.insert(hash_bytes(changed));
      ++texts;
    }
  }
  CHECK(seen.size() == texts);
}

TEST_CASE("texts that are chained hash otherwise than the same bytes split elsewhere") {
  CHECK(hash_bytes("b", hash_bytes("a")) != hash_bytes("a", hash_bytes("b")));
  CHECK(hash_bytes("bc", hash_bytes("a")) != hash_bytes("c", hash_bytes("ab")));
  CHECK(hash_bytes("", hash_bytes("a")) != hash_bytes("a"));
}
