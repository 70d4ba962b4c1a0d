#include "daemon/pipeline/publish_thread.hpp"

#include <fstream>
#include <future>
#include <iterator>

#include <catch2/catch.hpp>

#include "connectors/log/memory/memory_log.hpp"
#include "tests/support/temporary_folder.hpp"

namespace triaged::pipeline {
namespace {

std::string read(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::unique_ptr<log::MemoryLog> log_of(std::uint64_t cuts) {
  auto log = std::make_unique<log::MemoryLog>();
  for (std::uint64_t number = 1; number <= cuts; ++number) {
    log::Batch batch;
    batch.cut.number = number;
    batch.outputs = {{log::Topic::incidents, "INC-0-1", "document " + std::to_string(number)}};
    REQUIRE(log->write({}, &batch));
  }
  return log;
}

TEST_CASE("no line is written to a new file before the mark that names it is kept") {
  const test::TemporaryFolder folder;
  const std::string file = folder.path() + "/out";
  std::vector<std::string> at_save;  // what the file held
  std::promise<void> done;
  {
    PublishThread publisher({.file = file,
                             .topics = {log::Topic::incidents},
                             .mark = {},
                             .save =
                                 [&](const PublishMark& mark, std::move_only_function<void(bool)> kept) {
                                   at_save.push_back(read(file));
                                   kept(at_save.size() > 1);  // the first one fails: no room
                                   if (mark.cut == 2) done.set_value();
                                 },
                             .on_health = [](const std::optional<std::string>&) {},
                             .on_lag = [](std::uint64_t) {}},
                            log_of(2));
    publisher.committed(2);
    done.get_future().wait();
  }
  CHECK(at_save == std::vector<std::string>{"", "", "document 1\ndocument 2\n"});
}

}  // namespace
}  // namespace triaged::pipeline
