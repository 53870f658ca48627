#include "gyre/support/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "gyre/support/error.h"

namespace gyre {
namespace {

namespace fs = std::filesystem;

/// Bytes of a file's name that its temporary name repeats.
constexpr std::size_t kMaxStem = 64;

Error system_failure(ErrorKind kind, const fs::path& path, const std::string& what, int code) {
  return Error(kind, path.string() + ": " + what + ": " + std::generic_category().message(code));
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// Makes a rename in `folder` durable. Some file systems refuse it: the data itself is synced.
void sync_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

InputFile::InputFile(fs::path path) : path_(std::move(path)) {
  // Non-blocking, so that opening a pipe that nobody writes to does not hang.
  descriptor_ = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor_ < 0) throw system_failure(ErrorKind::kInput, path_, "cannot open", errno);
  struct stat status {};
  const int result = ::fstat(descriptor_, &status);
  if (result != 0 || !S_ISREG(status.st_mode)) {
    const int code = errno;
    ::close(descriptor_);
    if (result != 0) throw system_failure(ErrorKind::kInput, path_, "cannot inspect", code);
    throw Error(ErrorKind::kInput, path_.string() + ": not a regular file");
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

InputFile::~InputFile() {
  ::close(descriptor_);
}

void InputFile::read(std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::read(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw system_failure(ErrorKind::kResource, path_, "cannot read", errno);
    if (count == 0) {
      throw Error(ErrorKind::kInput, path_.string() + ": ends " + std::to_string(bytes.size()) +
                                         " bytes before the expected end");
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

std::vector<std::uint8_t> read_file(const fs::path& path, std::uint64_t limit) {
  InputFile file(path);
  if (file.size() > limit) {
    throw Error(ErrorKind::kInput, path.string() + ": " + std::to_string(file.size()) +
                                       " bytes, the limit is " + std::to_string(limit));
  }
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(file.size()));
  file.read(bytes);
  return bytes;
}

void check_creatable(const fs::path& path) {
  if (!path.has_filename()) {
    throw Error(ErrorKind::kInput, "'" + path.string() + "' does not name a file");
  }
  std::error_code failure;
  if (!fs::status_known(fs::status(path, failure))) {
    throw system_failure(ErrorKind::kInput, path, "cannot create a file there", failure.value());
  }
  // With the dot, a file in the folder's place is told from a folder without permission.
  if (::access((folder_of(path) / ".").c_str(), W_OK | X_OK) != 0) {
    throw system_failure(ErrorKind::kInput, path, "cannot create a file there", errno);
  }
}

fs::path temporary_name(const fs::path& path, unsigned attempt) {
  // Cut, because a name can be as long as the file system allows.
  const std::string stem = path.filename().string().substr(0, kMaxStem);
  return folder_of(path) / fmt::format(".{}.{}-{}.tmp", stem, ::getpid(), attempt);
}

void OutputFile::check(const fs::path& path) {
  check_creatable(path);
  const fs::file_status status = fs::status(path);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    throw Error(ErrorKind::kInput, path.string() + ": exists and is not a regular file");
  }
}

OutputFile::OutputFile(fs::path path) : path_(std::move(path)) {
  check(path_);
  // A file of that name can only be left from an earlier process with the same number.
  for (unsigned attempt = 0; descriptor_ < 0 && attempt < 100; ++attempt) {
    temporary_ = temporary_name(path_, attempt);
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0 && errno != EEXIST) break;
  }
  if (descriptor_ < 0) throw system_failure(ErrorKind::kInput, path_, "cannot create", errno);
}

OutputFile::~OutputFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void OutputFile::write(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw system_failure(ErrorKind::kResource, path_, "cannot write", errno);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void OutputFile::write(const std::string& text) {
  write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

void OutputFile::sync() {
  if (::fsync(descriptor_) != 0) {
    throw system_failure(ErrorKind::kResource, path_, "cannot write to disk", errno);
  }
}

void OutputFile::commit() {
  sync();
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    throw system_failure(ErrorKind::kResource, path_, "cannot rename into place", errno);
  }
  ::close(descriptor_);
  descriptor_ = -1;
  sync_folder(folder_of(path_));
}

}  // namespace gyre
