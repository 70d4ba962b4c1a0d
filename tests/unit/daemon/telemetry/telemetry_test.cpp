#include "daemon/telemetry/telemetry.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/wait.h>

#include "connectors/files/file_descriptor.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace triaged::telemetry {
namespace {

using namespace std::chrono_literals;

constexpr Time kNow{Duration{1'795'428'000'500}};

class Told {
 public:
  explicit Told(Level level = Level::debug)
      : logger_({Format::logfmt, level}, file_.get(), [] { return clock::Reading{kNow, 1h}; }) {}

  // What the event's line says behind its level.
  template <class Event>
  std::string tell(const Event& event) {
    const std::size_t before = test::read_file(path_).size();
    telemetry_.tell(event);
    const std::string line = test::read_file(path_).substr(before);
    const auto at = line.find(" event=");
    return at == std::string::npos ? line : line.substr(at + 1, line.size() - at - 2);
  }
  [[nodiscard]] bool shows(const std::string& sample) const {
    return registry_.scrape(metrics::Format::text).find("\n" + sample + "\n") != std::string::npos;
  }
  metrics::Registry& registry() { return registry_; }
  Metrics& metrics() { return metrics_; }
  Telemetry& telemetry() { return telemetry_; }

 private:
  test::TemporaryFolder folder_;
  std::string path_ = folder_.file("log");
  files::FileDescriptor file_{::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
  metrics::Registry registry_;
  Metrics metrics_{registry_, "1.2.3", "abc"};
  Logger logger_;
  Telemetry telemetry_{registry_, metrics_, logger_};
};

TEST_CASE("telemetry: an event is a line and what it counts", "[telemetry]") {
  Told told;
  CHECK(told.shows("triaged_build_info{revision=\"abc\",version=\"1.2.3\"} 1"));
  CHECK(told.tell(Started{"1.2.3", "127.0.0.1:9595", "state"}) ==
        "event=started msg=\"triaged runs\" version=1.2.3 listen=127.0.0.1:9595 state=state");
  CHECK(told.tell(ClockJumped{-1h}).ends_with(" difference_ms=-3600000"));
  CHECK(told.tell(ReloadAccepted{"beef"}).ends_with(" bundle=beef"));
  CHECK(told.shows("triaged_config_last_reload_successful 1"));
  CHECK(told.shows("triaged_config_last_reload_success_timestamp_seconds 1795428000.5"));
  CHECK(told.tell(ReloadIncomplete{"http, sources"}).ends_with(" blocks=\"http, sources\""));
  CHECK(told.tell(ConfigurationWarning{"a.yaml:1:1", "no source"}).ends_with(" place=a.yaml:1:1 why=\"no source\""));
  CHECK(
      told.tell(ReloadRefused{"rules.yaml:1:1: error: x", 3}).ends_with(" faults=3 why=\"rules.yaml:1:1: error: x\""));
  CHECK(told.shows("triaged_config_last_reload_successful 0"));
  CHECK(told.tell(SourceOpened{"export", "a.ndjson", 7}) ==
        "event=source_opened msg=reading source=export file=a.ndjson offset=7");
  CHECK(told.shows("triaged_source_stalled{source=\"export\"} 0"));
  CHECK(told.tell(SourceStalled{"export", 3min}).ends_with(" source=export silent_ms=180000"));
  CHECK(told.shows("triaged_source_stalled{source=\"export\"} 1"));
  (void)told.tell(SourceResumed{"export"});
  CHECK(told.shows("triaged_source_stalled{source=\"export\"} 0"));
  CHECK(told.tell(SourceLost{"export", "a.ndjson", 7, 100}).ends_with(" offset=7 bytes=100"));
  CHECK(told.shows("triaged_source_lost_bytes_total{source=\"export\"} 100"));
  (void)told.tell(SourceFailed{"export", "permission denied"});
  CHECK(told.shows("triaged_source_failures_total{source=\"export\"} 1"));
  CHECK(told.tell(AlertRejected{"export", 17, "time", "startsAt is no time"})
            .ends_with(" source=export line=17 code=time why=\"startsAt is no time\""));
  CHECK(told.shows("triaged_alerts_rejected_total{reason=\"time\"} 1"));
  CHECK(told.tell(IntakeRefused{IntakeRefused::Reason::log_failing, "export"})
            .ends_with(" reason=log_failing source=export"));
  CHECK(told.shows("triaged_intake_refused_total{reason=\"log_failing\"} 1"));
  (void)told.tell(CommitFailed{"disk is full"});
  CHECK(told.shows("triaged_commit_failures_total 1"));
  CHECK(told.tell(SnapshotWritten{9, 1000, 2s, 3ms}).ends_with(" cut=9 bytes=1000 took_ms=2000 stall_us=3000"));
  CHECK(told.shows("triaged_snapshot_last_success_timestamp_seconds 1795428000.5"));
  CHECK(told.shows("triaged_snapshot_stall_seconds_bucket{le=\"0.0025\"} 0"));
  CHECK(told.shows("triaged_snapshot_stall_seconds_bucket{le=\"0.005\"} 1"));
  (void)told.tell(SnapshotFailed{"disk is full"});
  CHECK(told.shows("triaged_snapshot_failures_total 1"));
  CHECK(told.tell(ShardStopped{ShardStopped::Reason::poison, 4, 12, "triaged skip 12"})
            .ends_with(" reason=poison cut=4 position=12 what_to_do=\"triaged skip 12\""));
  CHECK(told.shows("triaged_shard_stopped 1"));
  (void)told.tell(ShardResumed{});
  CHECK(told.shows("triaged_shard_stopped 0"));
  (void)told.tell(RetentionPruned{5, 100});
  CHECK(told.shows("triaged_retention_pruned_records_total 5"));
  (void)told.tell(PublisherFailed{"out.ndjson", "disk is full"});
  CHECK(told.shows("triaged_publish_failures_total{file=\"out.ndjson\"} 1"));
  const HttpRequest request{"r1",   "GET",      "/api/v1/incidents/{id}", "/api/v1/incidents/INC-0-17", 404, 12, 1500us,
                            "anne", "127.0.0.1"};
  CHECK(told.tell(request) ==
        "event=http_request msg=answered id=r1 method=GET path=/api/v1/incidents/INC-0-17 code=404 bytes=12 "
        "took_us=1500 user=anne address=127.0.0.1");
  CHECK(told.shows("triaged_http_requests_total{code=\"404\",route=\"/api/v1/incidents/{id}\"} 1"));
  CHECK(told.shows("triaged_http_request_seconds_count{route=\"/api/v1/incidents/{id}\"} 1"));
}

TEST_CASE("telemetry: an event without a metric is a line", "[telemetry]") {
  Told told;
  CHECK(told.tell(Recovered{}).find("the state is what it was") == std::string::npos);
  CHECK(told.tell(Recovered{2, 3, 9, 1000, 1s}).ends_with(" shard=2 snapshot_cut=3 cut=9 records=1000 took_ms=1000"));
  CHECK(told.tell(Stopped{"SIGTERM", 1s}).ends_with(" why=SIGTERM took_ms=1000"));
  CHECK(told.tell(SourceRotated{"s", "f"}).starts_with("event=source_rotated "));
  CHECK(told.tell(SourceTruncated{"s", "f", 3}).ends_with(" offset=3"));
  CHECK(told.tell(SourceEnded{"s"}).ends_with(" source=s"));
  CHECK(told.tell(CommitRecovered{1s}).ends_with(" after_ms=1000"));
  CHECK(told.tell(PublisherRecovered{"f"}).ends_with(" file=f"));
}

TEST_CASE("telemetry: what is below the level is counted all the same", "[telemetry]") {
  Told told(Level::error);
  HttpRequest request;
  request.route = "/metrics";
  request.code = 200;
  CHECK(told.tell(request).empty());
  CHECK(told.shows("triaged_http_requests_total{code=\"200\",route=\"/metrics\"} 1"));
}

TEST_CASE("telemetry: lines that were left out are counted", "[telemetry]") {
  Told told;
  for (int i = 0; i < 13; ++i) told.telemetry().tell(SourceEnded{"s"});
  CHECK(told.shows("triaged_log_suppressed_lines_total 3"));
  CHECK(told.shows("triaged_log_dropped_lines_total 0"));
}

TEST_CASE("telemetry: incidents by state and priority", "[telemetry]") {
  Told told;
  told.metrics().set_incidents(IncidentState::open, 1, 3);
  CHECK(told.shows("triaged_incidents{priority=\"P1\",state=\"open\"} 3"));
}

TEST_CASE("telemetry: promtool finds nothing wrong with the metrics", "[telemetry]") {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) {  // NOLINT(concurrency-mt-unsafe,cert-env33-c)
    WARN("skipped: promtool is not installed (package prometheus)");
    return;
  }
  Told told;
  told.telemetry().tell(SourceLost{"export", "a", 1, 1});
  told.telemetry().tell(SourceFailed{"export", "x"});
  told.telemetry().tell(AlertRejected{"export", 17, "time", "x"});
  told.telemetry().tell(IntakeRefused{});
  told.telemetry().tell(PublisherFailed{"f", "x"});
  told.telemetry().tell(HttpRequest{.route = "/metrics", .code = 200});
  told.metrics().alerts_received.with({"export"}).add();
  told.metrics().source_last_alert.with({"export"}).set(1);
  told.metrics().incidents_opened.with({"default/one"}).add();
  told.metrics().publish_lag.with({"f"}).set(0);
  told.metrics().set_incidents(IncidentState::open, 1, 3);
  const test::TemporaryFolder folder;
  const auto file = test::write_file(folder.file("metrics"), told.registry().scrape(metrics::Format::text));
  const std::string command = "promtool check metrics <" + file + " >" + folder.file("said") + " 2>&1";
  const int status = std::system(command.c_str());  // NOLINT(concurrency-mt-unsafe,cert-env33-c)
  INFO(test::read_file(folder.file("said")));
  CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace triaged::telemetry
