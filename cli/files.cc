#include "files.h"

#include <fmt/format.h>

#include <filesystem>

#include "gyre/support/error.h"

namespace gyre::cli {
namespace {

/// Far above every real key and proof.
constexpr std::uint64_t kMaxInputBytes = 1u << 30;

}  // namespace

std::vector<std::uint8_t> read_input(const std::string& path) {
  return read_file(path, kMaxInputBytes);
}

VerifyingKey read_key(const std::string& path) {
  auto key = decode_verifying_key(read_input(path));
  if (!key) {
    throw Error(ErrorKind::kInput,
                fmt::format("{}: not a verifying key: {}", path, key.error().message()));
  }
  return std::move(*key);
}

void Outputs::expect(const std::string& path) {
  if (path.empty()) return;
  OutputFile::check(path);
  const std::string full = std::filesystem::absolute(path).lexically_normal().string();
  for (const std::string& other : expected_) {
    if (other == full) {
      throw Error(ErrorKind::kInput, path + ": two outputs have the same name");
    }
  }
  expected_.push_back(full);
}

void Outputs::add(const std::string& path, std::span<const std::uint8_t> bytes) {
  if (path.empty()) return;
  files_.push_back(std::make_unique<OutputFile>(path));
  files_.back()->write(bytes);
  files_.back()->sync();
}

void Outputs::add(const std::string& path, const std::string& text) {
  add(path, std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

void Outputs::commit() {
  for (const auto& file : files_) file->commit();
  files_.clear();
}

}  // namespace gyre::cli
