// The files of a log on this machine: those that alerts are read from, and those that documents are published to.
#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <sys/stat.h>

#include "connectors/log/output_block.hpp"
#include "daemon/app/local/local_host.hpp"

namespace triaged::app {

std::expected<void, StartError> LocalHost::open_publishers(const std::vector<log::PublisherMark>& marks) {
  std::map<std::pair<dev_t, ino_t>, std::string> files;
  for (const config::PublishSettings& publish : common_.loaded.settings.publish) {
    struct stat status{};
    if (publish.file != "-" && ::stat(publish.file.c_str(), &status) == 0 && S_ISREG(status.st_mode)) {
      const auto [other, fresh] = files.emplace(std::pair(status.st_dev, status.st_ino), publish.file);
      if (!fresh) {
        return refuse(StartError::Kind::configuration,
                      fmt::format("publish: {} and {} are one file", other->second, publish.file));
      }
    }
    auto reader = log::LocalReader::open(common_.folder.path());
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
      log_thread_->between([this, file, at, done = std::move(done)]() mutable {
        done(log_->save({.name = file, .cut = at.cut, .resume = at.position}).has_value());
      });
    };
    common_.board.add_publisher(publish.file);
    of.on_health = [this, file = publish.file](const std::optional<std::string>& why) {
      common_.board.publisher_fault(file, why.value_or(""));
      if (why) {
        common_.telemetry.tell(telemetry::PublisherFailed{.file = file, .why = *why});
      } else {
        common_.telemetry.tell(telemetry::PublisherRecovered{.file = file});
      }
    };
    of.on_lag = [this, file = publish.file,
                 gauge = common_.metrics.publish_lag.with({publish.file})](std::uint64_t cuts) {
      gauge.set(static_cast<double>(cuts));
      common_.board.publisher_lag(file, cuts);
    };
    publishers_.push_back(std::make_unique<pipeline::PublishThread>(std::move(of), *std::move(reader)));
    if (*last) publishers_.back()->committed((*last)->number);
  }
  return {};
}

void LocalHost::report(const std::string& source, const files::FileReport& report) {
  using What = files::FileReport::Kind;
  switch (report.kind) {
    case What::opened:
      common_.board.source_fault(source, {});
      return common_.telemetry.tell(
          telemetry::SourceOpened{.source = source, .file = report.file, .offset = report.offset});
    case What::rotated: return common_.telemetry.tell(telemetry::SourceRotated{.source = source, .file = report.file});
    case What::truncated:
      return common_.telemetry.tell(
          telemetry::SourceTruncated{.source = source, .file = report.file, .offset = report.offset});
    case What::lost:
      return common_.telemetry.tell(
          telemetry::SourceLost{.source = source, .file = report.file, .offset = report.offset, .bytes = report.bytes});
    case What::missing:
    case What::unreadable: {
      const std::string why = report.kind == What::missing ? report.file + ": no such file yet"
                                                           : fmt::format("{}: {}", report.file, report.why);
      common_.board.source_fault(source, why);
      return common_.telemetry.tell(telemetry::SourceFailed{.source = source, .why = why});
    }
  }
}

std::expected<void, StartError> LocalHost::open_sources() {
  for (const config::SourceConfig& source : common_.loaded.settings.sources) {
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
    if (found_->resumes.contains(source.name)) of.resume = found_->resumes.at(source.name);
    of.on_read = [this, name = source.name](const pipeline::SourceRead& what) {
      common_.read(name, what.alerts, what.rejections);
    };
    of.on_report = [this, name = source.name](const files::FileReport& what) { report(name, what); };
    of.on_end = [this, name = source.name] { common_.telemetry.tell(telemetry::SourceEnded{.source = name}); };
    sources_.push_back(std::make_unique<pipeline::SourceThread>(std::move(of), *log_thread_));
  }
  found_.reset();
  keeper_ = std::make_unique<Keeper>(common_.folder.path(), common_.loaded.settings.retention, store_, *log_,
                                     *log_thread_, common_.board, common_.telemetry);
  return {};
}

}  // namespace triaged::app
