#include "daemon/cli/replay/replay_files.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/replay/decoding_reader.hpp"
#include "daemon/replay/output_file.hpp"

namespace triaged::cli {

namespace {

struct FileName {
  const char* option;
  const std::string* name;
};

/// Whether two names that were typed mean one regular file.
bool same_file(const std::string& a, const std::string& b) {
  if (a == b) return true;
  struct stat first{};
  struct stat second{};
  return ::stat(a.c_str(), &first) == 0 && ::stat(b.c_str(), &second) == 0 && S_ISREG(first.st_mode) &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

}  // namespace

std::optional<std::string> find_clash(const ReplayOptions& options) {
  const std::array outputs{FileName{"--incidents", &options.incidents}, FileName{"--memberships", &options.memberships},
                           FileName{"--records", &options.records},     FileName{"--audit", &options.audit},
                           FileName{"--silences", &options.silences},   FileName{"--rejected", &options.rejected}};
  const std::array inputs{FileName{"--alerts", &options.alerts}, FileName{"--changes", &options.changes},
                          FileName{"--catalogue", &options.catalogue}, FileName{"--log", &options.log}};
  for (std::size_t at = 0; at < outputs.size(); ++at) {
    const auto& output = outputs[at];
    if (output.name->empty()) continue;
    for (const auto& other : std::span(outputs).subspan(at + 1)) {
      if (!other.name->empty() && same_file(*output.name, *other.name)) {
        return fmt::format("{} and {} are both to write {}", output.option, other.option, *output.name);
      }
    }
    for (const auto& input : inputs) {
      if (*output.name != "-" && !input.name->empty() && same_file(*output.name, *input.name)) {
        return fmt::format("{} would overwrite {}, which {} reads", output.option, *output.name, input.option);
      }
    }
  }
  return std::nullopt;
}

std::expected<std::string, std::string> read_whole(const std::string& name) {
  auto file = replay::InputFile::open(name);
  if (!file) return std::unexpected(file.error());
  std::string text;
  std::array<char, 65536> piece{};
  for (;;) {
    const auto count = ::read(file->descriptor.get(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(fmt::format("cannot read {}: {}", name, std::strerror(errno)));
    if (count == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(count));
  }
}

std::expected<replay::DocumentOutputs, std::string> open_outputs(const ReplayOptions& options) {
  replay::DocumentOutputs outputs;
  const auto open = [](const std::string& name, std::optional<replay::OutputFile>& into) {
    if (name.empty()) return std::string();
    auto file = replay::OutputFile::open(name);
    if (!file) return file.error();
    into = std::move(*file);
    return std::string();
  };
  for (auto [name, into] :
       {std::pair{&options.incidents, &outputs.incidents}, std::pair{&options.memberships, &outputs.memberships},
        std::pair{&options.records, &outputs.records}}) {
    if (auto error = open(*name, *into); !error.empty()) return std::unexpected(std::move(error));
  }
  return outputs;
}

}  // namespace triaged::cli
