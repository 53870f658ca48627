#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace gyre {

/// A value of a JSON file together with where it stands, so that every error names the file, the
/// field and what was expected. gyre::Error(kInput) throughout. The document must outlive it.
class JsonReader {
 public:
  JsonReader(const nlohmann::json& value, std::filesystem::path file, std::string field = "")
      : value_(&value), file_(std::move(file)), field_(std::move(field)) {}

  /// Member of an object.
  JsonReader at(const std::string& key) const;
  /// Nothing if the member is absent.
  std::optional<JsonReader> find(const std::string& key) const;
  /// Number of elements of a list.
  std::size_t size() const;
  JsonReader element(std::size_t index) const;

  bool is_null() const { return value_->is_null(); }
  /// An integer in [0, max].
  std::uint64_t integer(std::uint64_t max) const;
  bool boolean() const;
  std::string text() const;

  /// gyre::Error(kInput) "<file>: <field>: <message>".
  [[noreturn]] void fail(const std::string& message) const;
  /// Refuses a value that differs from what `vk.postcard` says.
  void require_equal(std::uint64_t expected) const;
  void require_equal(bool expected) const;

 private:
  [[noreturn]] void wrong_type(const char* expected) const;

  const nlohmann::json* value_;
  std::filesystem::path file_;
  std::string field_;
};

/// Limit on the size of a file of JSON, which bounds the memory that a hostile one takes.
inline constexpr std::uint64_t kMaxJsonBytes = 16u << 20;

/// Parses a file of bounded size and nesting.
nlohmann::json parse_json_file(const std::filesystem::path& file);
/// Parses a text of bounded nesting, named `file` in errors.
nlohmann::json parse_json(std::span<const std::uint8_t> bytes, const std::filesystem::path& file);

}  // namespace gyre
