// `triaged check`: every fault in configuration, catalogue and rules, offline.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <glob.h>
#include <sys/stat.h>

#include "config/load.hpp"
#include "connectors/wire/json_text.hpp"
#include "daemon/app/examine.hpp"
#include "daemon/cli/command.hpp"
#include "daemon/cli/console.hpp"

namespace triaged::cli {

namespace {

constexpr const char* kFooter =
    R"(Which kind a file is, is told by its content. All files are checked together: a rule or a dependency may name what
another file declares. Nothing is connected to.

Examples:
  triaged check rules/*.yaml catalogue.yaml
  triaged check -o json triaged.yaml)";

struct CheckOptions {
  std::vector<std::string> files;
  std::string output = "text";
};

/// A quoted glob is expanded, so that it means what it means to `replay --rules`.
std::vector<std::string> expand(const std::vector<std::string>& arguments) {
  std::vector<std::string> files;
  for (const auto& argument : arguments) {
    struct stat status{};
    glob_t found{};
    if (::stat(argument.c_str(), &status) != 0 && ::glob(argument.c_str(), 0, nullptr, &found) == 0) {
      files.insert(files.end(), found.gl_pathv, found.gl_pathv + found.gl_pathc);
    } else {
      files.push_back(argument);
    }
    ::globfree(&found);
  }
  return files;
}

std::string as_text(const std::vector<config::Checked>& checked) {
  std::string text;
  for (const auto& file : checked) {
    // Of a file of no kind, the diagnostics say so.
    if (!file.kind.empty()) text += fmt::format("{}: {}, {}\n", file.file, file.kind, file.summary);
  }
  return text;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += out.ends_with('{') ? "" : ", ";
  wire::append_string(out, name);
  out += ": ";
  wire::append_string(out, value);
}

std::string as_json(const std::vector<config::Checked>& checked, const config::Diagnostics& diagnostics) {
  std::string text = "{\"files\": [";
  for (const auto& file : checked) {
    text += text.ends_with('[') ? "\n  {" : ",\n  {";
    append_field(text, "file", file.file);
    append_field(text, "kind", file.kind);
    append_field(text, "summary", file.summary);
    text += '}';
  }
  text += "],\n\"diagnostics\": [";
  for (const auto& diagnostic : diagnostics) {
    text += text.ends_with('[') ? "\n  {" : ",\n  {";
    append_field(text, "file", diagnostic.file);
    if (diagnostic.line > 0) text += fmt::format(", \"line\": {}", diagnostic.line);
    if (diagnostic.line > 0 && diagnostic.column > 0) text += fmt::format(", \"column\": {}", diagnostic.column);
    append_field(text, "level", diagnostic.level == config::Diagnostic::Level::error ? "error" : "warning");
    append_field(text, "message", diagnostic.message);
    if (!diagnostic.source_line.empty()) append_field(text, "sourceLine", diagnostic.source_line);
    text += '}';
  }
  return text + "]}\n";
}

ExitCode check(const CheckOptions& options) {
  std::vector<config::Checked> checked;
  const auto loaded = config::check_files(expand(options.files), checked, app::examine_settings);
  const bool json = options.output == "json";
  if (!json) print_diagnostics(loaded.diagnostics);
  const auto printed = print_data(json ? as_json(checked, loaded.diagnostics) : as_text(checked));
  return printed == ExitCode::good ? verdict(loaded.diagnostics) : printed;
}

}  // namespace

Command add_check(CLI::App& app) {
  auto* command = app.add_subcommand("check", "Find every fault in configuration, catalogue and rules, offline");
  command->group("Commands");
  command->set_help_flag("-h,--help", "Say what there is, and stop");
  command->footer(kFooter);
  auto options = std::make_shared<CheckOptions>();
  command->add_option("FILE", options->files, "Files to check")->required()->type_name("");
  command
      ->add_option("-o,--output", options->output, "text (default), or json: files and diagnostics on standard output")
      ->check(CLI::IsMember({"text", "json"}).description(""))
      ->type_name("FORMAT");
  return {command, [options] { return check(*options); }};
}

}  // namespace triaged::cli
