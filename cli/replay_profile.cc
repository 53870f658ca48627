#include "replay_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <span>
#include <string_view>

#include "bundle/json_reader.h"
#include "gyre/support/error.h"
#include "gyre/support/files.h"

namespace gyre::cli {
namespace {

/// Limits on a record and on the sums over the records of a segment, far above every real one.
constexpr std::uint64_t kMaxIndex = UINT32_MAX, kMaxAirs = 1024, kMaxLogHeight = 63,
                        kMaxWidth = 1u << 16, kMaxDegree = 4, kMaxBus = UINT16_MAX,
                        kMaxMessageLength = 1u << 10, kMaxInteractions = 1u << 16,
                        kMaxConstraints = 1u << 18, kMaxMessageEntries = 1u << 20,
                        kMaxColumns = 1u << 18;

constexpr std::uint64_t kSample[] = {2,   5,   34,  43,  62,  83,  88,  92,  98,  121, 130,
                                     139, 140, 150, 166, 175, 185, 195, 196, 202, 206};

/// The list of a record, one integer in [min, max] per interaction.
template <class T>
std::vector<T> read_list(const JsonReader& list, std::uint64_t count, std::uint64_t min,
                         std::uint64_t max) {
  if (list.size() != count) {
    list.fail(fmt::format("{} entries for {} interactions", list.size(), count));
  }
  std::vector<T> values;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::uint64_t value = list.element(i).integer(max);
    if (value < min) list.element(i).fail(fmt::format("{} is below {}", value, min));
    values.push_back(static_cast<T>(value));
  }
  return values;
}

ReplayRecord read_record(const JsonReader& json) {
  ReplayRecord record;
  record.air_name = json.at("air_name").text();
  record.log_height = static_cast<unsigned>(json.at("log_height").integer(kMaxLogHeight));
  record.common_main_width =
      static_cast<std::uint32_t>(json.at("width").at("common_main").integer(kMaxWidth));
  record.num_constraints =
      static_cast<std::uint32_t>(json.at("num_constraints").integer(kMaxConstraints));
  record.max_constraint_degree =
      static_cast<std::uint32_t>(json.at("max_constraint_degree").integer(kMaxDegree));
  const std::uint64_t count = json.at("num_interactions").integer(kMaxInteractions);
  record.buses = read_list<std::uint16_t>(json.at("buses"), count, 0, kMaxBus);
  record.message_lengths =
      read_list<std::uint32_t>(json.at("interaction_message_lens"), count, 1, kMaxMessageLength);
  record.count_weights =
      read_list<std::uint32_t>(json.at("interaction_count_weights"), count, 0, UINT32_MAX);
  if (record.num_constraints == 0 && count == 0) {
    json.fail("an AIR with neither constraints nor interactions");
  }
  return record;
}

/// The sums that bound what the keys of a segment take.
void check_sums(const JsonReader& json, const ReplaySegment& segment) {
  std::uint64_t constraints = 0, entries = 0, columns = 0;
  for (const ReplayRecord& record : segment.airs) {
    constraints += record.num_constraints;
    std::uint64_t width = record.common_main_width;
    for (const std::uint32_t length : record.message_lengths) {
      entries += length;
      width = std::max<std::uint64_t>(width, length + 1);
    }
    columns += width;
  }
  const auto check = [&](const char* what, std::uint64_t number, std::uint64_t limit) {
    if (number > limit)
      json.fail(fmt::format("{} {} in all, the limit is {}", number, what, limit));
  };
  check("constraints", constraints, kMaxConstraints);
  check("message entries", entries, kMaxMessageEntries);
  check("columns", columns, kMaxColumns);
}

ReplaySegment read_segment(std::span<const std::uint8_t> line, const std::string& place) {
  const nlohmann::json document = parse_json(line, place);
  const JsonReader json(document, place);
  if (const auto schema = json.find("schema"); schema && schema->text() != "v2") {
    schema->fail(fmt::format("expected \"v2\", got \"{:.20}\"", schema->text()));
  }
  ReplaySegment segment;
  segment.index = json.at("segment_idx").integer(kMaxIndex);
  const JsonReader airs = json.at("airs");
  if (airs.size() == 0 || airs.size() > kMaxAirs) {
    airs.fail(fmt::format("expected 1 to {} AIRs, got {}", kMaxAirs, airs.size()));
  }
  for (std::size_t i = 0; i < airs.size(); ++i) {
    segment.airs.push_back(read_record(airs.element(i)));
  }
  check_sums(airs, segment);
  return segment;
}

std::vector<std::uint64_t> parse_numbers(const std::string& selection) {
  const auto refuse = [&] {
    return Error(ErrorKind::kInput,
                 "--segments: expected all, sample or numbers such as 2,5,34; "
                 "got '" +
                     selection + "'");
  };
  std::vector<std::uint64_t> numbers;
  const char* at = selection.data();
  const char* const end = at + selection.size();
  for (;; ++at) {
    std::uint64_t number = 0;
    const auto [rest, error] = std::from_chars(at, end, number);
    if (error != std::errc()) throw refuse();
    numbers.push_back(number);
    at = rest;
    if (at == end) return numbers;
    if (*at != ',') throw refuse();
  }
}

}  // namespace

std::vector<ReplaySegment> read_replay_profile(const std::string& path) {
  const auto bytes = read_file(path, kMaxJsonBytes);
  std::vector<ReplaySegment> segments;
  std::set<std::uint64_t> indices;
  std::size_t line = 1;
  for (auto begin = bytes.begin(); begin != bytes.end(); ++line) {
    const auto end = std::find(begin, bytes.end(), '\n');
    const std::span<const std::uint8_t> text(begin, end);
    begin = end == bytes.end() ? end : end + 1;
    const bool blank =
        std::all_of(text.begin(), text.end(), [](std::uint8_t c) { return c == ' ' || c == '\r'; });
    if (blank) continue;
    const std::string place = fmt::format("{}:{}", path, line);
    segments.push_back(read_segment(text, place));
    const std::uint64_t index = segments.back().index;
    if (!indices.insert(index).second) {
      throw Error(ErrorKind::kInput, fmt::format("{}: segment {} came before", place, index));
    }
  }
  if (segments.empty()) throw Error(ErrorKind::kInput, path + ": no segment in the profile");
  return segments;
}

std::vector<ReplaySegment> select_segments(std::vector<ReplaySegment> profile,
                                           const std::string& selection) {
  if (selection == "all") return profile;
  const std::vector<std::uint64_t> numbers =
      selection == "sample" ? std::vector<std::uint64_t>(std::begin(kSample), std::end(kSample))
                            : parse_numbers(selection);
  std::vector<ReplaySegment> selected;
  std::set<std::uint64_t> taken;
  for (const std::uint64_t number : numbers) {
    if (!taken.insert(number).second) {
      throw Error(ErrorKind::kInput, fmt::format("--segments: {} is named twice", number));
    }
    const auto found =
        std::find_if(profile.begin(), profile.end(),
                     [&](const ReplaySegment& segment) { return segment.index == number; });
    if (found == profile.end()) {
      throw Error(ErrorKind::kInput,
                  fmt::format("--segments: the profile has no segment {}", number));
    }
    selected.push_back(std::move(*found));
  }
  return selected;
}

}  // namespace gyre::cli
