// Every resource that the daemon serves but the console's files. One file a resource; docs/API.md says what each does.
#pragma once

#include "connectors/http/router.hpp"
#include "connectors/readmodel/read_model_reader.hpp"
#include "daemon/api/ports.hpp"
#include "daemon/api/workers.hpp"

namespace triaged::api {

/// All of them outlive the server that the router is for.
struct Parts {
  AlertIntake& alerts;
  CommandIntake& commands;
  ReadModelWaiter& read_model;
  StatusSource& status;
  Readiness& readiness;
  Reloader& reloader;
  readmodel::ReaderPool& readers;
  Workers& workers;
  RenderMetrics render_metrics;
  MakeKey make_key;
};

void add_resources(http::Router& router, const Parts& parts);

}  // namespace triaged::api
