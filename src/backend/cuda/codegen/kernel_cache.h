#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gyre::cuda {

/// Compiled kernels on disk, in a folder that belongs to the user alone: what is read here is run
/// with the user's rights. Thread-safe; several processes may share the folder.
///
/// An entry is a file named by its key: a header with the key, the length and the SHA-256 of the
/// code, then the code. One that is damaged, cut off, misnamed, a link, or not the user's own
/// counts as absent, and the next `put` replaces it.
class KernelCache {
 public:
  /// Makes the folder (and those above it) with mode 0700 if it is absent. Without a folder that is
  /// the user's own with no rights for others, the cache holds nothing; `note` says why.
  explicit KernelCache(const std::filesystem::path& folder);
  ~KernelCache();
  KernelCache(const KernelCache&) = delete;
  KernelCache& operator=(const KernelCache&) = delete;

  /// $GYRE_CACHE_DIR, else gyre in $XDG_CACHE_HOME, else in ~/.cache; empty when none is set.
  static std::filesystem::path default_folder();

  bool usable() const { return descriptor_ >= 0; }
  /// Why the folder is not used; empty if it is.
  const std::string& note() const { return note_; }

  /// `key`: 64 hexadecimal digits.
  std::optional<std::vector<std::uint8_t>> get(const std::string& key) const;
  /// Readers see the old entry or the whole new one. A failure leaves the cache as it was.
  void put(const std::string& key, std::span<const std::uint8_t> code) const;

 private:
  /// Why not; empty when it is open.
  std::string open(const std::filesystem::path& folder);

  int descriptor_ = -1;  ///< the folder
  std::string note_;
};

}  // namespace gyre::cuda
