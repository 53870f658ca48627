#include "bundle/json_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "gyre/support/error.h"
#include "gyre/support/files.h"

namespace gyre {
namespace {

constexpr int kMaxJsonDepth = 16;

/// How deep lists and objects are nested in a JSON text. The parser could ask a callback instead,
/// but then takes time quadratic in the length of a list of objects.
int nesting(std::span<const std::uint8_t> text) {
  int depth = 0, deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::uint8_t c = text[i];
    if (c == '"') in_string = !in_string;
    if (in_string) {
      if (c == '\\') ++i;  // what follows a backslash does not end the string
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return deepest;
}

}  // namespace

JsonReader JsonReader::at(const std::string& key) const {
  if (auto member = find(key)) return *member;
  fail(fmt::format("the member \"{}\" is missing", key));
}

std::optional<JsonReader> JsonReader::find(const std::string& key) const {
  if (!value_->is_object()) wrong_type("an object");
  const auto member = value_->find(key);
  if (member == value_->end()) return std::nullopt;
  return JsonReader(*member, file_, field_.empty() ? key : field_ + "." + key);
}

std::size_t JsonReader::size() const {
  if (!value_->is_array()) wrong_type("a list");
  return value_->size();
}

JsonReader JsonReader::element(std::size_t index) const {
  return JsonReader((*value_)[index], file_, fmt::format("{}[{}]", field_, index));
}

std::uint64_t JsonReader::integer(std::uint64_t max) const {
  if (!value_->is_number_unsigned()) wrong_type("a non-negative integer");
  const auto number = value_->get<std::uint64_t>();
  if (number > max) fail(fmt::format("{} is above the limit {}", number, max));
  return number;
}

bool JsonReader::boolean() const {
  if (!value_->is_boolean()) wrong_type("true or false");
  return value_->get<bool>();
}

std::string JsonReader::text() const {
  if (!value_->is_string()) wrong_type("a string");
  return value_->get<std::string>();
}

void JsonReader::fail(const std::string& message) const {
  throw Error(ErrorKind::kInput, fmt::format("{}: {}: {}", file_.string(),
                                             field_.empty() ? "top level" : field_, message));
}

void JsonReader::require_equal(std::uint64_t expected) const {
  const std::uint64_t actual = integer(UINT64_MAX);
  if (actual != expected) fail(fmt::format("is {}, but vk.postcard says {}", actual, expected));
}

void JsonReader::require_equal(bool expected) const {
  if (boolean() != expected)
    fail(fmt::format("is {}, but vk.postcard says {}", !expected, expected));
}

void JsonReader::wrong_type(const char* expected) const {
  fail(fmt::format("expected {}, got {}", expected,
                   value_->is_number() ? "the number " + value_->dump() : value_->type_name()));
}

nlohmann::json parse_json_file(const std::filesystem::path& file) {
  return parse_json(read_file(file, kMaxJsonBytes), file);
}

nlohmann::json parse_json(std::span<const std::uint8_t> bytes, const std::filesystem::path& file) {
  if (nesting(bytes) > kMaxJsonDepth) {
    throw Error(ErrorKind::kInput,
                fmt::format("{}: nested deeper than {} levels", file.string(), kMaxJsonDepth));
  }
  try {
    return nlohmann::json::parse(bytes.begin(), bytes.end());
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorKind::kInput,
                fmt::format("{}: not valid JSON: {}", file.string(), error.what()));
  }
}

}  // namespace gyre
