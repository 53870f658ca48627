#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "gyre/keys/verifying_key.h"
#include "gyre/proof/codec.h"
#include "gyre/support/files.h"

namespace gyre::cli {

/// The bytes of a key or proof file. gyre::Error(kInput) for an absent or oversized one.
std::vector<std::uint8_t> read_input(const std::string& path);

/// Reads a verifying key. gyre::Error(kInput) that names the file and the reason.
VerifyingKey read_key(const std::string& path);

/// Files of one command, all or none of which appear: nothing is renamed into place before
/// everything is on disk.
class Outputs {
 public:
  /// Refuses, before any work is done, a path where no file could be created or that came before.
  /// An empty path (option not given) is ignored.
  void expect(const std::string& path);

  void add(const std::string& path, std::span<const std::uint8_t> bytes);
  void add(const std::string& path, const std::string& text);
  void commit();

 private:
  std::vector<std::string> expected_;
  std::vector<std::unique_ptr<OutputFile>> files_;
};

}  // namespace gyre::cli
