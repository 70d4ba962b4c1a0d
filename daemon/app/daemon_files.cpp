// The daemon's files: those that it reads alerts from, and those that it publishes to.
#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <sys/stat.h>

#include "connectors/log/output_block.hpp"
#include "daemon/app/daemon_parts.hpp"

namespace triaged::app {

std::expected<void, StartError> Daemon::Parts::open_publishers(const std::vector<log::PublisherMark>& marks) {
  std::map<std::pair<dev_t, ino_t>, std::string> files;
  for (const config::PublishSettings& publish : loaded.settings.publish) {
    struct stat status{};
    if (publish.file != "-" && ::stat(publish.file.c_str(), &status) == 0 && S_ISREG(status.st_mode)) {
      const auto [other, fresh] = files.emplace(std::pair(status.st_dev, status.st_ino), publish.file);
      if (!fresh) {
        return refuse(StartError::Kind::configuration,
                      fmt::format("publish: {} and {} are one file", other->second, publish.file));
      }
    }
    auto reader = log::LocalReader::open(folder.path());
    if (!reader) return refuse(reader.error());
    const auto last = (*reader)->last_cut();
    if (!last) return refuse(last.error());
    pipeline::PublishThread::Options of{
        .file = publish.file, .topics = {}, .mark = {}, .save = {}, .on_health = {}, .on_lag = {}};
    for (const std::string& name : publish.topics) {
      if (const auto found = log::topic_named(name)) of.topics.push_back(*found);
    }
    if (of.topics.empty()) of.topics = {log::Topic::incidents};
    const auto mark = std::ranges::find(marks, publish.file, &log::PublisherMark::name);
    if (mark != marks.end()) of.mark = {.cut = mark->cut, .position = mark->resume};
    of.save = [this, file = publish.file](const pipeline::PublishMark& at, std::move_only_function<void(bool)> done) {
      log_thread->between([this, file, at, done = std::move(done)]() mutable {
        done(log->save({.name = file, .cut = at.cut, .resume = at.position}).has_value());
      });
    };
    board.add_publisher(publish.file);
    of.on_health = [this, file = publish.file](const std::optional<std::string>& why) {
      board.publisher_fault(file, why.value_or(""));
      if (why) {
        telemetry.tell(telemetry::PublisherFailed{.file = file, .why = *why});
      } else {
        telemetry.tell(telemetry::PublisherRecovered{.file = file});
      }
    };
    of.on_lag = [this, file = publish.file, gauge = metrics.publish_lag.with({publish.file})](std::uint64_t cuts) {
      gauge.set(static_cast<double>(cuts));
      board.publisher_lag(file, cuts);
    };
    publishers.push_back(std::make_unique<pipeline::PublishThread>(std::move(of), *std::move(reader)));
    if (*last) publishers.back()->committed((*last)->number);
  }
  return {};
}

void Daemon::Parts::report(const std::string& source, const files::FileReport& report) {
  using What = files::FileReport::Kind;
  switch (report.kind) {
    case What::opened:
      board.source_fault(source, {});
      return telemetry.tell(telemetry::SourceOpened{.source = source, .file = report.file, .offset = report.offset});
    case What::rotated: return telemetry.tell(telemetry::SourceRotated{.source = source, .file = report.file});
    case What::truncated:
      return telemetry.tell(telemetry::SourceTruncated{.source = source, .file = report.file, .offset = report.offset});
    case What::lost:
      return telemetry.tell(
          telemetry::SourceLost{.source = source, .file = report.file, .offset = report.offset, .bytes = report.bytes});
    case What::missing:
    case What::unreadable: {
      const std::string why = report.kind == What::missing ? report.file + ": no such file yet"
                                                           : fmt::format("{}: {}", report.file, report.why);
      board.source_fault(source, why);
      return telemetry.tell(telemetry::SourceFailed{.source = source, .why = why});
    }
  }
}

void Daemon::Parts::open_sources(const std::map<std::string, std::string>& resumes) {
  for (const config::SourceConfig& source : loaded.settings.sources) {
    const auto* const file = std::get_if<config::FileSource>(&source.input);
    const bool standard_input = std::holds_alternative<config::StdinSource>(source.input);
    if (file == nullptr && !standard_input) continue;
    pipeline::SourceThread::Options of{.name = source.name,
                                       .path = standard_input ? std::string(pipeline::kStandardInput) : file->path,
                                       .follow = !standard_input && file->follow,
                                       .resume = {},
                                       .on_read = {},
                                       .on_report = {},
                                       .on_end = {}};
    if (resumes.contains(source.name)) of.resume = resumes.at(source.name);
    of.on_read = [this, name = source.name](const pipeline::SourceRead& what) {
      read(name, what.alerts, what.rejections);
    };
    of.on_report = [this, name = source.name](const files::FileReport& what) { report(name, what); };
    of.on_end = [this, name = source.name] { telemetry.tell(telemetry::SourceEnded{.source = name}); };
    sources.push_back(std::make_unique<pipeline::SourceThread>(std::move(of), *log_thread));
  }
}

}  // namespace triaged::app
