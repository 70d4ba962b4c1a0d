// A read model in a folder of its own, with a reader.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "connectors/readmodel/read_model.hpp"
#include "connectors/readmodel/read_model_reader.hpp"
#include "tests/support/documents.hpp"
#include "tests/support/temporary_folder.hpp"

namespace triaged::test {

class Model {
 public:
  Model() : model_(open()), reader_(open_reader()) {}

  readmodel::ReadModel& operator*() { return model_; }
  readmodel::ReadModel* operator->() { return &model_; }
  readmodel::ReadModelReader& reader() { return reader_; }
  [[nodiscard]] std::string file() const { return folder_.file("readmodel.db"); }

  /// As the next cut.
  readmodel::Applied apply(std::span<const log::Output> outputs) {
    const auto last = model_.progress().of(0);
    auto applied = model_.apply(portion(last.cut + 1, last.clock + Duration{100}, last.outputs + 1, outputs));
    REQUIRE(applied.has_value());
    return *applied;
  }
  readmodel::Applied apply(const std::vector<log::Output>& outputs) { return apply(std::span(outputs)); }

  /// A cut of a shard, whose outputs are numbered from `first_output` on.
  static readmodel::Portion portion(std::uint64_t cut, Time clock, std::uint64_t first_output,
                                    std::span<const log::Output> outputs, std::uint32_t shard = 0) {
    readmodel::Portion portion;
    for (const auto& output : outputs) portion.outputs.push_back({shard, first_output++, output});
    portion.progress.push_back({.shard = shard, .cut = cut, .clock = clock, .outputs = first_output - 1});
    return portion;
  }

  /// The ids of a page's documents.
  static std::vector<std::string> ids(const readmodel::Answer<readmodel::Page>& page) {
    REQUIRE(page.has_value());
    std::vector<std::string> ids;
    for (const auto& document : page->documents) {
      const auto begin = document.find(R"("id":")") + 6;
      ids.push_back(document.substr(begin, document.find('"', begin) - begin));
    }
    return ids;
  }

 private:
  [[nodiscard]] readmodel::ReadModel open() const {
    auto model = readmodel::ReadModel::open(file());
    REQUIRE(model.has_value());
    return std::move(*model);
  }
  [[nodiscard]] readmodel::ReadModelReader open_reader() const {
    auto reader = readmodel::ReadModelReader::open(file());
    REQUIRE(reader.has_value());
    return std::move(*reader);
  }

  TemporaryFolder folder_;
  readmodel::ReadModel model_;
  readmodel::ReadModelReader reader_;
};

}  // namespace triaged::test
