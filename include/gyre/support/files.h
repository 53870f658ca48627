#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace gyre {

// Objects of this file are for one thread at a time; the functions may run concurrently.

/// A regular file opened for reading. gyre::Error(kInput) that names the file when it is absent,
/// unreadable or anything but a regular file; kResource when reading fails.
class InputFile {
 public:
  explicit InputFile(std::filesystem::path path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Bytes in the file when it was opened.
  std::uint64_t size() const { return size_; }
  /// Fills `bytes` with the next ones of the file; kInput when it ends before.
  void read(std::span<std::uint8_t> bytes);

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

/// The bytes of a regular file. Errors as InputFile, and kInput for more than `limit` bytes,
/// checked before any of them is read.
std::vector<std::uint8_t> read_file(const std::filesystem::path& path, std::uint64_t limit);

/// Whether a file or folder of that name could be created, or a file there replaced; gyre::Error
/// (kInput) that says why not. Creates nothing.
void check_creatable(const std::filesystem::path& path);

/// A hidden name beside `path` for what will be renamed to `path` when it is complete. Differs
/// between processes and attempts.
std::filesystem::path temporary_name(const std::filesystem::path& path, unsigned attempt = 0);

/// A file written under a temporary name in its folder. `commit` puts it under its own name, in
/// place of a file that was there; without a commit nothing is left behind. A reader sees the old
/// file or the whole new one. gyre::Error(kInput) when the file cannot be created there, kResource
/// when writing fails.
class OutputFile {
 public:
  explicit OutputFile(std::filesystem::path path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::span<const std::uint8_t> bytes);
  void write(const std::string& text);
  /// Forces the bytes to disk. `commit` does so too; earlier, it shows that they fit.
  void sync();
  void commit();

  /// `check_creatable`, and that nothing but a regular file would be replaced.
  static void check(const std::filesystem::path& path);

 private:
  std::filesystem::path path_, temporary_;
  int descriptor_ = -1;
};

}  // namespace gyre
