// Upper and lower case without a locale.
#pragma once

#include <string>
#include <string_view>

namespace triaged {

/// Maps the letters of the Latin, Greek, Cyrillic and Armenian scripts one to one, as Unicode does; leaves every other
/// character as it is. Bytes that are no UTF-8 stay.
[[nodiscard]] std::string to_lower(std::string_view text);
[[nodiscard]] std::string to_upper(std::string_view text);

}  // namespace triaged
