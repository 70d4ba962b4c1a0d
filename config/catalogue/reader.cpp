#include "config/catalogue/reader.hpp"

#include <set>

#include "config/catalogue/cycles.hpp"
#include "config/reading/options.hpp"

namespace triaged::config {
namespace {

using yaml::Faults;
using yaml::Node;

// The nearest of 100,000 names takes a millisecond to find.
constexpr std::size_t kMostSuggestions = 100;
constexpr std::size_t kMostNamesOfACycle = 8;
constexpr std::uint64_t kMostAlternatives = 1000;

// A percentage with up to six decimals, more than 0 and at most 100. It is checked here and used by a later version.
void check_target(const Node& node, Faults& faults, Service& /*service*/) {
  const auto text = read_text(node, faults);
  if (!text) return;
  std::string_view number = *text;
  if (number.ends_with('%')) number.remove_suffix(1);
  const auto point = number.find('.');
  const auto whole = number.substr(0, point);
  const auto decimals = point == std::string_view::npos ? std::string_view("0") : number.substr(point + 1);
  const auto digits = [](std::string_view part, std::size_t most) {
    return !part.empty() && part.size() <= most && part.find_first_not_of("0123456789") == std::string_view::npos;
  };
  const auto zero = [](std::string_view part) { return part.find_first_not_of('0') == std::string_view::npos; };
  const bool number_is_good = digits(whole, 3) && digits(decimals, 6);
  const bool fits = whole.size() < 3 || (whole == "100" && zero(decimals));
  if (number_is_good && fits && !(zero(whole) && zero(decimals))) return;
  faults.error(node.at,
               fmt::format("a target is a percentage more than 0 and at most 100, such as 99.9%; found {}", node.text));
}

// Read in CatalogueReader::finish(), when all names are known.
void read_later(const Node& /*node*/, Faults& /*faults*/, Service& /*service*/) {}

const Options<Service>& service_options() {
  static const Options<Service> kOptions(
      "a service",
      {
          required(text_option("name", &Service::name, "Unique; alerts name it in their label \"service\".")),
          text_option("tier", &Service::tier, "How much depends on it."),
          text_option("owner", &Service::owner, "The team that runs it."),
          text_option("region", &Service::region, "Where it runs."),
          text_option("supplier", &Service::supplier, "Who supplies it."),
          {"depends_on", "list of services", "", "Names, or {needs: 1, of: [a, b]} where some of several suffice.",
           read_later},
          {"matchers", "list of matchers, or of lists of them", "", "The alerts that belong to it.",
           [](const Node& node, Faults& faults, Service& service) {
             service.matchers = read_matcher_groups(node, faults);
           }},
          texts_option("runs_on", &Service::runs_on, "configuration items", "Names of configuration items."),
          texts_option("customers", &Service::customers, "customers", "Who uses it."),
          text_option("runbook", &Service::runbook, "Where its runbook is."),
          {"target", "percentage", "more than 0, at most 100", "The availability that is promised.", check_target},
      });
  return kOptions;
}

const Options<ConfigurationItem>& item_options() {
  static const Options<ConfigurationItem> kOptions(
      "a configuration item",
      {
          required(text_option("name", &ConfigurationItem::name, "Unique.")),
          text_option("type", &ConfigurationItem::type, "host, database, switch, …"),
          text_option("supplier", &ConfigurationItem::supplier, "Who supplies it."),
          {"matchers", "list of matchers, or of lists of them", "", "The alerts that are about it.",
           [](const Node& node, Faults& faults, ConfigurationItem& item) {
             item.matchers = read_matcher_groups(node, faults);
           }},
      });
  return kOptions;
}

struct Sections {
  const Node* services = nullptr;
  const Node* items = nullptr;
};

Option<Sections> section(std::string key, const Node* Sections::* member, std::string doc) {
  return {std::move(key), "list", "", std::move(doc),
          [member](const Node& node, Faults&, Sections& sections) { sections.*member = &node; }};
}

const Options<Sections>& sections() {
  static const Options<Sections> kOptions(
      "a catalogue", {section("services", &Sections::services, "What customers and other services use."),
                      section("configuration_items", &Sections::items, "What services run on.")});
  return kOptions;
}

struct DependencyDraft {
  std::uint32_t needs = 1;
  const Node* of = nullptr;
};

const Options<DependencyDraft>& dependency_options() {
  static const Options<DependencyDraft> kOptions(
      "a dependency",
      {integer_option("needs", &DependencyDraft::needs, {1, kMostAlternatives}, "How many of them must be up."),
       required(Option<DependencyDraft>{"of", "list of services", "", "The services of which some suffice.",
                                        [](const Node& node, Faults&, DependencyDraft& draft) { draft.of = &node; }})});
  return kOptions;
}

}  // namespace

const std::vector<std::string>& catalogue_file_keys() { return sections().keys(); }

void CatalogueReader::read(yaml::Document& document) {
  if (!document.usable) return;
  Faults& faults = *document.faults;
  if (document.root.is(Node::Kind::null)) {
    faults.warning({}, "there is no service in this file");
    return;
  }
  Sections found;
  if (!sections().read(document.root, faults, found)) return;
  if (found.services != nullptr) read_services(*found.services, faults);
  if (found.items != nullptr) read_items(*found.items, faults);
}

bool CatalogueReader::declare(Names& names, std::vector<Declared>& declared, std::string_view what, const Node& node,
                              Faults& faults) {
  const Node* name = find(node, "name");
  if (name == nullptr || !name->is(Node::Kind::scalar)) return false;
  const auto [known, is_new] = names.try_emplace(name->text, static_cast<std::uint32_t>(declared.size()));
  if (!is_new) {
    const Declared& first = declared[known->second];
    faults.error(name->at, fmt::format("{} \"{}\" stands already in {}:{}", what, name->text,
                                       first.faults->source().name(), first.node->at.line));
    return false;
  }
  declared.push_back({&faults, &node});
  return true;
}

void CatalogueReader::read_services(const Node& list, Faults& faults) {
  const auto* entries = read_list(list, faults, "services");
  if (entries == nullptr) return;
  for (const Node& entry : *entries) {
    Service service;
    if (!service_options().read(entry, faults, service)) {
      complete_ = false;
    } else if (declare(service_names_, declared_services_, "service", entry, faults)) {
      service.origin = {faults.source().name(), entry.at.line};
      catalogue_.services.push_back(std::move(service));
    }
  }
}

void CatalogueReader::read_items(const Node& list, Faults& faults) {
  const auto* entries = read_list(list, faults, "configuration items");
  if (entries == nullptr) return;
  for (const Node& entry : *entries) {
    ConfigurationItem item;
    if (!item_options().read(entry, faults, item)) {
      complete_ = false;
    } else if (declare(item_names_, declared_items_, "configuration item", entry, faults)) {
      item.origin = {faults.source().name(), entry.at.line};
      catalogue_.items.push_back(std::move(item));
    }
  }
}

Catalogue CatalogueReader::finish(bool complete) {
  complete_ = complete_ && complete;
  for (std::size_t i = 0; i < catalogue_.services.size(); ++i) resolve(catalogue_.services[i], declared_services_[i]);
  warn_of_cycles();
  return std::move(catalogue_);
}

void CatalogueReader::resolve(Service& service, const Declared& declared) {
  Faults& faults = *declared.faults;
  if (const Node* runs_on = find(*declared.node, "runs_on"); runs_on != nullptr && runs_on->is(Node::Kind::sequence)) {
    for (const Node& name : runs_on->children) {
      if (!name.is(Node::Kind::scalar) || item_names_.contains(name.text)) continue;
      report_unknown("configuration item", name, known_items_, declared_items_, faults);
    }
  }
  const Node* depends_on = find(*declared.node, "depends_on");
  if (depends_on == nullptr || depends_on->is(Node::Kind::null)) return;
  const auto* entries = read_list(*depends_on, faults, "services", as_list(*depends_on));
  if (entries == nullptr) return;
  std::set<std::string_view> seen;
  for (const Node& entry : *entries) {
    if (entry.is(Node::Kind::scalar) && !seen.insert(entry.text).second) {
      faults.warning(entry.at, fmt::format("\"{}\" stands in this list already", entry.text));
    } else {
      add_dependency(service, entry, faults);
    }
  }
}

void CatalogueReader::add_dependency(Service& service, const Node& node, Faults& faults) {
  if (node.is(Node::Kind::scalar)) {
    const ServiceId id = find_service(node, faults);
    if (id != kNoService) service.depends_on.push_back({1, {id}});
    return;
  }
  DependencyDraft draft;
  if (!dependency_options().read(node, faults, draft) || draft.of == nullptr) return;
  const auto* entries = read_list(*draft.of, faults, "services", as_list(*draft.of));
  if (entries == nullptr) return;
  Dependency dependency{draft.needs, {}};
  std::set<std::string_view> seen;
  for (const Node& entry : *entries) {
    if (!read_text(entry, faults)) continue;
    if (!seen.insert(entry.text).second) {
      faults.error(entry.at, fmt::format("\"{}\" stands in this list already", entry.text));
      continue;
    }
    const ServiceId id = find_service(entry, faults);
    if (id != kNoService) dependency.of.push_back(id);
  }
  if (draft.needs > entries->size()) {
    const Node* needs = find(node, "needs");
    faults.error(
        needs != nullptr ? needs->at : node.at,
        fmt::format("needs {} of {}: at least one service, and no more than are named", draft.needs, entries->size()));
  }
  service.depends_on.push_back(std::move(dependency));
}

ServiceId CatalogueReader::find_service(const Node& name, Faults& faults) {
  const auto found = service_names_.find(name.text);
  if (found != service_names_.end()) return ServiceId{found->second};
  report_unknown("service", name, known_services_, declared_services_, faults);
  return kNoService;
}

void CatalogueReader::report_unknown(std::string_view what, const Node& name, std::vector<std::string>& known,
                                     const std::vector<Declared>& declared, Faults& faults) {
  if (!complete_) return;
  if (known.empty()) {
    for (const Declared& each : declared) known.emplace_back(find(*each.node, "name")->text);
  }
  static const std::vector<std::string> kNoNames;
  faults.error(name.at, unknown(what, name.text, ++suggestions_ <= kMostSuggestions ? known : kNoNames));
}

void CatalogueReader::warn_of_cycles() const {
  const auto& services = catalogue_.services;
  Edges edges(services.size());
  for (std::size_t i = 0; i < services.size(); ++i) {
    for (const auto& dependency : services[i].depends_on) {
      for (const ServiceId to : dependency.of) edges[i].push_back(static_cast<std::uint32_t>(index(to)));
    }
  }
  for (const Cycle& cycle : find_cycles(edges)) {
    std::string path;
    for (std::size_t i = 0; i < cycle.path.size() && i < kMostNamesOfACycle; ++i) {
      path += services[cycle.path[i]].name + " → ";
    }
    if (cycle.path.size() > kMostNamesOfACycle) path += "… → ";
    path += services[cycle.path.front()].name;
    std::string message = fmt::format("a cycle of dependencies: {}", path);
    if (cycle.tangle > cycle.path.size()) {
      message += fmt::format("; it is one of several among {} services", cycle.tangle);
    }
    const Declared& first = declared_services_[cycle.path.front()];
    const Node* depends_on = find(*first.node, "depends_on");
    first.faults->warning(depends_on->key_at, message);
  }
}

}  // namespace triaged::config
