// Options, each declared once: the parser, the check of keys and what documentation prints come from one table.
#pragma once

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/diagnostics.hpp"
#include "config/reading/duration.hpp"
#include "config/reading/values.hpp"

namespace triaged::config {

/// One key of a mapping that is read into a T.
template <class T>
struct Option {
  std::string key;
  std::string type;    // as documentation names it: "duration", "list of matchers", "skip or empty"
  std::string bounds;  // as documentation prints it: "1s to 24h"; empty: none
  std::string doc;     // one sentence
  std::function<void(const yaml::Node&, yaml::Faults&, T&)> read;
  bool required = false;
  bool may_be_empty = false;  // `key:` with nothing behind it is no fault
};

template <class T>
Option<T> required(Option<T> option) {
  option.required = true;
  return option;
}

template <class T, class M>
void assign(T& to, M T::* member, std::optional<std::type_identity_t<M>> value) {
  if (value) to.*member = std::move(*value);
}

template <class T>
Option<T> text_option(std::string key, std::string T::* member, std::string doc, bool may_be_empty = false) {
  return {std::move(key), "text", "", std::move(doc), [=](const yaml::Node& node, yaml::Faults& faults, T& to) {
            assign(to, member, read_text(node, faults, may_be_empty));
          }};
}

template <class T>
Option<T> texts_option(std::string key, std::vector<std::string> T::* member, const std::string& what,
                       std::string doc) {
  auto type = "list of " + what;
  return {std::move(key), std::move(type), "", std::move(doc),
          [member, what](const yaml::Node& node, yaml::Faults& faults, T& to) {
            to.*member = read_texts(node, faults, what);
          }};
}

template <class T>
Option<T> bool_option(std::string key, bool T::* member, std::string doc) {
  return {std::move(key), "true or false", "", std::move(doc),
          [=](const yaml::Node& node, yaml::Faults& faults, T& to) { assign(to, member, read_bool(node, faults)); }};
}

template <class T>
Option<T> duration_option(std::string key, Duration T::* member, DurationBounds bounds, std::string doc) {
  return {std::move(key), "duration",
          fmt::format("{} to {}", format_duration(bounds.least), format_duration(bounds.most)), std::move(doc),
          [=](const yaml::Node& node, yaml::Faults& faults, T& to) {
            assign(to, member, read_duration(node, faults, bounds));
          }};
}

template <class T, class M>
Option<T> integer_option(std::string key, M T::* member, IntegerBounds bounds, std::string doc) {
  return {std::move(key), "whole number", fmt::format("{} to {}", bounds.least, bounds.most), std::move(doc),
          [=](const yaml::Node& node, yaml::Faults& faults, T& to) {
            if (const auto value = read_integer(node, faults, bounds)) to.*member = static_cast<M>(*value);
          }};
}

template <class T, class M>
Option<T> choice_option(std::string key, M T::* member, const std::string& what,
                        const std::vector<std::pair<std::string, M>>& choices, std::string doc) {
  std::vector<std::string> names;
  for (const auto& choice : choices) names.push_back(choice.first);
  auto type = fmt::format("one of {}", fmt::join(names, ", "));
  return {std::move(key), std::move(type), "", std::move(doc),
          [=](const yaml::Node& node, yaml::Faults& faults, T& to) {
            const auto text = read_text(node, faults);
            if (!text) return;
            for (const auto& [name, value] : choices) {
              if (name == *text) {
                to.*member = value;
                return;
              }
            }
            faults.error(node.at, unknown(what, *text, names));
          }};
}

template <class T>
Option<T> matchers_option(std::string key, Matchers T::* member, std::string doc) {
  return {std::move(key), "list of matchers", "", std::move(doc),
          [=](const yaml::Node& node, yaml::Faults& faults, T& to) { to.*member = read_matchers(node, faults); }};
}

/// A key that the design has and this version does not.
template <class T>
Option<T> later_option(std::string key, std::string doc) {
  auto message = fmt::format("\"{}\" is not in this version yet", key);
  return {std::move(key),
          "later",
          "",
          std::move(doc),
          [message](const yaml::Node& node, yaml::Faults& faults, T&) { faults.error(node.key_at, message); },
          false,
          true};
}

/// The options of one kind of mapping.
template <class T>
class Options {
 public:
  /// `what` names the mapping in messages, with its article: "a correlation rule".
  Options(std::string what, std::vector<Option<T>> options) : what_(std::move(what)), options_(std::move(options)) {
    for (const auto& option : options_) keys_.push_back(option.key);
  }

  /// Reads all that can be read into `to`. False where the node is no mapping.
  bool read(const yaml::Node& node, yaml::Faults& faults, T& to) const {
    if (node.is(yaml::Node::Kind::broken)) return false;
    if (!node.is(yaml::Node::Kind::map)) {
      faults.error(node.at, fmt::format("expected {} (a mapping), found {}", what_, describe(node)));
      return false;
    }
    for (const auto& value : node.children) read_value(value, faults, to);
    for (const auto& option : options_) {
      if (option.required && !faults.mended() && !stands_in(node, option.key)) {
        faults.error(node.at, fmt::format("{} needs \"{}\"", what_, option.key));
      }
    }
    return true;
  }

  [[nodiscard]] const std::vector<Option<T>>& all() const { return options_; }
  [[nodiscard]] const std::vector<std::string>& keys() const { return keys_; }

 private:
  void read_value(const yaml::Node& value, yaml::Faults& faults, T& to) const {
    const auto option = std::find_if(options_.begin(), options_.end(),
                                     [&](const Option<T>& candidate) { return candidate.key == value.key; });
    if (option == options_.end()) {
      faults.error(value.key_at, unknown("key", value.key, keys_));
    } else if (value.is(yaml::Node::Kind::null) && !option->may_be_empty) {
      faults.error(value.key_at, fmt::format("\"{}\" has no value", value.key));
    } else {
      option->read(value, faults, to);
    }
  }

  // A misspelt key counts: it is a fault already.
  [[nodiscard]] bool stands_in(const yaml::Node& map, const std::string& key) const {
    return std::any_of(map.children.begin(), map.children.end(), [&](const yaml::Node& value) {
      return value.key == key || (!is_known(value.key) && nearest(std::string(value.key), keys_) == key);
    });
  }
  [[nodiscard]] bool is_known(std::string_view key) const {
    return std::find(keys_.begin(), keys_.end(), key) != keys_.end();
  }

  std::string what_;
  std::vector<Option<T>> options_;
  std::vector<std::string> keys_;
};

}  // namespace triaged::config
