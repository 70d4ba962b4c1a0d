#include "config/bundle_text.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "config/loading.hpp"
#include "config/reading/duration.hpp"
#include "config/settings/engine.hpp"

namespace triaged::config {
namespace {

constexpr std::string_view kFirstLine = "triaged bundle 1\n";
constexpr std::array<std::string_view, 4> kKinds = {"engine", "source", "rules", "catalogue"};  // by PartKind

std::optional<std::size_t> number(std::string_view digits) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size() || digits.empty()) return std::nullopt;
  return value;
}

// Takes one part off the front of `rest`.
std::optional<BundlePart> take_part(std::string_view& rest) {
  const auto line_end = rest.find('\n');
  if (line_end == std::string_view::npos) return std::nullopt;
  std::string_view line = rest.substr(0, line_end);
  const auto first = line.find(' ');
  const auto second = line.rfind(' ');
  if (first == std::string_view::npos || first == second) return std::nullopt;
  const auto name_size = number(line.substr(first + 1, second - first - 1));
  const auto text_size = number(line.substr(second + 1));
  const auto behind = rest.substr(line_end + 1);
  if (!name_size || !text_size || *name_size >= behind.size() || behind[*name_size] != '\n') return std::nullopt;
  const auto text = behind.substr(*name_size + 1);
  if (*text_size >= text.size() || text[*text_size] != '\n') return std::nullopt;
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (kKinds[i] != line.substr(0, first)) continue;
    rest = text.substr(*text_size + 1);
    return BundlePart{static_cast<PartKind>(i), behind.substr(0, *name_size), text.substr(0, *text_size)};
  }
  return std::nullopt;
}

Loaded refused(std::string message) {
  Diagnostic diagnostic;
  diagnostic.file = "recorded bundle";
  diagnostic.message = std::move(message);
  Loaded loaded;
  loaded.diagnostics.push_back(std::move(diagnostic));
  return loaded;
}

}  // namespace

std::string bundle_text(const std::vector<BundlePart>& parts) {
  std::string out(kFirstLine);
  for (const BundlePart& part : parts) {
    out += fmt::format("{} {} {}\n", kKinds[static_cast<std::size_t>(part.kind)], part.name.size(), part.text.size());
    out.append(part.name).append("\n").append(part.text).append("\n");
  }
  return out;
}

std::expected<std::vector<BundlePart>, std::string> read_bundle_text(std::string_view text) {
  if (!text.starts_with(kFirstLine)) {
    return std::unexpected("it does not begin as a bundle of this version (triaged bundle 1)");
  }
  std::vector<BundlePart> parts;
  for (std::string_view rest = text.substr(kFirstLine.size()); !rest.empty();) {
    const std::size_t at = text.size() - rest.size();
    const auto part = take_part(rest);
    if (!part) return std::unexpected(fmt::format("at byte {} there is no part of a bundle", at));
    parts.push_back(*part);
  }
  return parts;
}

Loaded load_recorded(std::string_view text) {
  const auto parts = read_bundle_text(text);
  if (!parts) return refused(parts.error());
  Loading loading;
  std::vector<SourceSettings> sources;
  for (const auto& [kind, name, content] : *parts) {
    switch (kind) {
      case PartKind::engine: {
        auto settings = parse_engine_settings(std::string(content));
        if (!settings) {
          Loaded loaded;
          loaded.diagnostics = std::move(settings.error());
          return loaded;
        }
        loading.set_engine(std::move(*settings));
        break;
      }
      case PartKind::source: {
        const auto stalled_after = parse_duration(content);
        if (!stalled_after) return refused(fmt::format("source {}: {}", name, stalled_after.error().message));
        sources.push_back({std::string(name), *stalled_after});
        break;
      }
      case PartKind::rules: loading.read_text(Loading::Kind::rules, std::string(name), std::string(content)); break;
      case PartKind::catalogue:
        loading.read_text(Loading::Kind::catalogue, std::string(name), std::string(content));
        break;
    }
  }
  loading.set_sources(std::move(sources));
  return loading.finish();
}

}  // namespace triaged::config
