#include "connectors/log/kafka/output_reader.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "connectors/log/cut_codec.hpp"

namespace triaged::log {
namespace {

// So much goes into one portion.
constexpr std::size_t kOutputs = 50'000;
constexpr std::size_t kBytes = std::size_t{32} << 20U;
// Offsets of the topic of cuts that are looked at first for the newest: a cut has two, with the marker behind it.
constexpr std::int64_t kCutsBack = 20;
constexpr std::int64_t kFurther = 8;
// More cuts than this are not kept for one shard: the newest is in the last place then.
constexpr std::size_t kExpected = 1000;
// Audit records that wait for what they tell of, of all shards.
constexpr std::size_t kKeptBack = 20'000;
constexpr std::size_t kAudit = 2;
static_assert(kReadTopics[kAudit] == Topic::audit);
constexpr Duration kLookAfter = std::chrono::seconds(1);

std::unexpected<OutputReader::Fault> fault(const kafka::Error& error) {
  return std::unexpected(OutputReader::Fault{.message = error.message, .others = false});
}
std::unexpected<OutputReader::Fault> others(std::string why) {
  return std::unexpected(OutputReader::Fault{.message = std::move(why), .others = true});
}

/// Of the header `n`; 0: it is none of ours.
std::uint64_t number_of(const kafka::IncomingRecord& record) {
  const std::string_view text = record.header("n").value_or("");
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

}  // namespace

OutputReader::OutputReader(Options options, std::unique_ptr<kafka::AssignedConsumer> consumer)
    : options_(std::move(options)), cuts_(options_.topics.cuts()), consumer_(std::move(consumer)) {
  for (std::size_t i = 0; i < names_.size(); ++i) names_[i] = options_.topics.name(kReadTopics[i]);
}

std::expected<std::unique_ptr<OutputReader>, OutputReader::Fault> OutputReader::open(Options options) {
  auto consumer = kafka::AssignedConsumer::open(options.client);
  if (!consumer) return fault(consumer.error());
  return std::unique_ptr<OutputReader>(new OutputReader(std::move(options), *std::move(consumer)));
}

std::size_t OutputReader::which(std::string_view topic) const {
  return static_cast<std::size_t>(std::ranges::find(names_, topic) - names_.begin());
}

OutputReader::Done OutputReader::begin(std::string_view resume, const std::vector<CompleteCut>& complete) {
  std::vector<ShardPlaces> places(options_.shards);
  if (!resume.empty()) {
    auto decoded = decode_places(resume, options_.topics.prefix);
    if (!decoded || decoded->size() != options_.shards) return others("it is of other topics");
    places = *std::move(decoded);
  }
  std::vector<Shard> shards(options_.shards);
  for (const CompleteCut& cut : complete) {
    if (cut.shard >= shards.size()) return others(fmt::format("there is no shard {}", cut.shard));
    shards[cut.shard].complete = cut;
  }
  std::vector<kafka::PartitionOffset> partitions;
  for (std::int32_t shard = 0; std::cmp_less(shard, options_.shards); ++shard) {
    for (const std::string& name : names_) partitions.push_back({name, shard, 0});
    partitions.push_back({cuts_, shard, 0});
  }
  const auto marks = consumer_->watermarks(partitions, options_.patience);
  if (!marks) return fault(marks.error());
  auto of = marks->begin();
  for (std::uint32_t shard = 0; shard < options_.shards; ++shard) {
    for (std::size_t i = 0; i < names_.size(); ++i, ++of) {
      OutputPlace& place = places[shard][i];
      if (place.next > of->high) return others(fmt::format("{}/{} ends before {}", names_[i], shard, place.next));
      place.next = std::max(place.next, of->low);  // what retention took meanwhile
    }
    shards[shard].cuts_low = of->low;
    shards[shard].cuts_from = shards[shard].cuts_next = std::max(of->low, of->high - kCutsBack);
    ++of;
  }
  places_ = std::move(places);
  shards_ = std::move(shards);
  gone_.clear();
  kept_back_ = 0;
  held_.reset();
  fault_.reset();
  return assign();
}

std::expected<OutputReader::Portion, OutputReader::Fault> OutputReader::next() {
  if (fault_) return std::unexpected(*std::exchange(fault_, std::nullopt));
  if (auto gone_on = go_on(); !gone_on) return std::unexpected(gone_on.error());
  Portion portion;
  std::size_t bytes = 0;
  while (!fault_ && !misplaced_ && gone_.empty()) {
    auto step = held_ ? *std::exchange(held_, std::nullopt) : consumer_->poll(Duration{0});
    if (!step) {
      fault_ = Fault{.message = step.error().message, .others = false};
      break;
    }
    if (!step->record && !step->at_end && !step->gone) break;
    if (auto taken = take(*step, portion, bytes); !taken) fault_ = taken.error();
    portion.more = portion.outputs.size() >= kOutputs || bytes >= kBytes;
    if (portion.more) break;
  }
  portion.more = portion.more || misplaced_ || !gone_.empty();
  for (std::uint32_t shard = 0; shard < options_.shards && !fault_; ++shard) {
    if (auto done = complete(shard, portion); !done) fault_ = done.error();
  }
  // What was read before a fault is given first: it is not read again.
  if (fault_ && portion.outputs.empty() && portion.complete.empty()) {
    return std::unexpected(*std::exchange(fault_, std::nullopt));
  }
  std::ranges::sort(portion.outputs, {}, [](const NumberedOutput& one) { return std::pair(one.shard, one.number); });
  return portion;
}

OutputReader::Done OutputReader::take(const kafka::AssignedConsumer::Step& step, Portion& portion, std::size_t& bytes) {
  if (step.gone) {
    gone_.push_back(*step.gone);
    return {};
  }
  if (step.at_end) return take_end(*step.at_end);
  const kafka::IncomingRecord& record = step.record;
  const auto shard = static_cast<std::uint32_t>(record.partition());
  const std::size_t topic = which(record.topic());
  if (topic == names_.size()) {
    shards_[shard].cuts_next = record.offset() + 1;
    return take_cut(record, shards_[shard]);
  }
  OutputPlace& place = places_[shard][topic];
  place.next = record.offset() + 1;
  shards_[shard].at_end[topic] = false;
  const std::uint64_t number = number_of(record);
  if (number == 0 || !record.value()) return {};  // somebody else's
  const OutputPlace before{.next = record.offset(), .number = place.number};
  place.number = std::max(place.number, number);
  bytes += record.key().size() + record.value()->size();
  NumberedOutput output{
      .shard = shard,
      .number = number,
      .output = {.topic = kReadTopics[topic], .key = std::string(record.key()), .value = std::string(*record.value())}};
  if (topic == kAudit) {
    shards_[shard].audits.push_back({.output = std::move(output), .before = before});
    ++kept_back_;
  } else {
    portion.outputs.push_back(std::move(output));
  }
  return {};
}

OutputReader::Done OutputReader::take_cut(const kafka::IncomingRecord& record, Shard& shard) {
  const auto cut = decode_cut(record.value().value_or(""));
  if (!cut) return {};  // somebody else's
  shard.newest_cut = std::max(shard.newest_cut, cut->number);
  if (cut->number == shard.complete.number && cut->clock != shard.complete.clock) {
    return others(fmt::format("cut {} of {}/{} is another one", cut->number, cuts_, record.partition()));
  }
  if (cut->number <= (shard.expected.empty() ? shard.complete : shard.expected.back()).number) return {};
  if (shard.expected.size() == kExpected) shard.expected.pop_back();
  Expected& expected = shard.expected.emplace_back();
  expected.shard = static_cast<std::uint32_t>(record.partition());
  expected.number = cut->number;
  expected.clock = cut->clock;
  expected.outputs = cut->outputs;
  expected.latest = cut->latest;
  return {};
}

OutputReader::Done OutputReader::take_end(const kafka::PartitionOffset& end) {
  Shard& shard = shards_[static_cast<std::uint32_t>(end.partition)];
  if (const std::size_t topic = which(end.topic); topic < names_.size()) {
    OutputPlace& place = places_[static_cast<std::uint32_t>(end.partition)][topic];
    place.next = std::max(place.next, end.offset);
    shard.at_end[topic] = true;
    return {};
  }
  if (shard.newest_cut == 0 && shard.cuts_from > shard.cuts_low) {
    const std::int64_t back = kFurther * (end.offset - shard.cuts_from);
    shard.cuts_from = std::max(shard.cuts_low, end.offset - back);
    shard.cuts_next = shard.cuts_from;
    misplaced_ = true;
  } else if (shard.newest_cut < shard.complete.number) {
    return others(fmt::format("{}/{} ends before cut {}", end.topic, end.partition, shard.complete.number));
  }
  return {};
}

OutputReader::Done OutputReader::assign() {
  std::vector<kafka::PartitionOffset> from;
  for (std::uint32_t shard = 0; shard < options_.shards; ++shard) {
    const auto partition = static_cast<std::int32_t>(shard);
    for (std::size_t i = 0; i < names_.size(); ++i) from.push_back({names_[i], partition, places_[shard][i].next});
    from.push_back({cuts_, partition, shards_[shard].cuts_next});
  }
  if (auto assigned = consumer_->assign(from); !assigned) return fault(assigned.error());
  misplaced_ = false;
  return {};
}

OutputReader::Done OutputReader::go_on() {
  for (; !gone_.empty(); gone_.pop_back()) {
    const kafka::PartitionOffset& at = gone_.back();
    const auto marks = consumer_->watermarks({at}, options_.patience);
    if (!marks) return fault(marks.error());
    const auto shard = static_cast<std::uint32_t>(at.partition);
    const std::size_t topic = which(at.topic);
    std::int64_t& next = topic < names_.size() ? places_[shard][topic].next : shards_[shard].cuts_next;
    if (next > marks->front().high) return others(fmt::format("{}/{} ends before {}", at.topic, shard, next));
    next = std::max(next, marks->front().low);
    misplaced_ = true;
  }
  return misplaced_ ? assign() : Done();
}

bool OutputReader::has_all(std::uint32_t shard, const Expected& cut) const {
  for (std::size_t i = 0; i < kReadTopics.size(); ++i) {
    if (places_[shard][i].number < cut.latest[place_of(kReadTopics[i])]) return false;
  }
  return true;
}

OutputReader::Done OutputReader::complete(std::uint32_t number, Portion& portion) {
  Shard& shard = shards_[number];
  const auto take_complete = [&] {
    bool news = false;
    for (; !shard.expected.empty() && has_all(number, shard.expected.front()); shard.expected.pop_front()) {
      shard.complete = shard.expected.front();
      shard.waiting.reset();
      news = true;
    }
    if (news) portion.complete.push_back(shard.complete);
    return news;
  };
  const bool news = take_complete();
  give_audits(shard, portion);
  if (shard.expected.empty()) return {};
  if (!shard.waiting) shard.waiting.emplace();
  if (news || shard.waiting->elapsed() < kLookAfter) return {};
  shard.waiting.emplace();
  if (auto looked = look_at_ends(number); !looked) return looked;
  if (take_complete()) give_audits(shard, portion);
  return {};
}

void OutputReader::give_audits(Shard& shard, Portion& portion) {
  while (!shard.audits.empty() &&
         (shard.audits.front().output.number <= shard.complete.outputs || kept_back_ > kKeptBack)) {
    portion.outputs.push_back(std::move(shard.audits.front().output));
    shard.audits.pop_front();
    --kept_back_;
  }
}

std::string OutputReader::resume() const {
  std::vector<ShardPlaces> places = places_;
  for (std::size_t shard = 0; shard < places.size(); ++shard) {
    const auto& audits = shards_[shard].audits;
    if (!audits.empty()) places[shard][kAudit] = audits.front().before;
  }
  return encode_places(options_.topics.prefix, places);
}

OutputReader::Done OutputReader::look_at_ends(std::uint32_t number) {
  if (!ends_) {
    auto opened = kafka::PartitionReader::open(options_.client, kafka::PartitionReader::Isolation::uncommitted);
    if (!opened) return fault(opened.error());
    ends_ = *std::move(opened);
  }
  const Shard& shard = shards_[number];
  for (std::size_t i = 0; i < kReadTopics.size(); ++i) {
    OutputPlace& place = places_[number][i];
    const std::uint64_t latest = shard.expected.front().latest[place_of(kReadTopics[i])];
    if (place.number >= latest || !shard.at_end[i]) continue;
    const auto marks = ends_->watermarks(names_[i], static_cast<std::int32_t>(number), options_.patience);
    if (!marks) return fault(marks.error());
    // Not even a transaction that is open could bring it.
    if (place.next >= marks->high) place.number = latest;
  }
  return {};
}

void OutputReader::wait(Duration at_most) {
  if (held_ || fault_ || misplaced_ || !gone_.empty()) return;
  const bool expecting = std::ranges::any_of(shards_, [](const Shard& shard) { return !shard.expected.empty(); });
  if (!woken_.exchange(false)) {
    auto step = consumer_->poll(expecting ? std::min(at_most, kLookAfter) : at_most);
    if (!step) {
      fault_ = Fault{.message = step.error().message, .others = false};
    } else if (step->record || step->at_end || step->gone) {
      held_ = *std::move(step);
    }
    woken_ = false;
  }
}

void OutputReader::wake() {
  woken_ = true;
  consumer_->wake();
}

}  // namespace triaged::log
