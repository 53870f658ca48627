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

void OutputFile::check(const fs::path& path) {
  if (!path.has_filename()) {
    throw Error(ErrorKind::kInput, "'" + path.string() + "' does not name a file");
  }
  std::error_code failure;
  const fs::file_status status = fs::status(path, failure);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    throw Error(ErrorKind::kInput, path.string() + ": exists and is not a regular file");
  }
  if (::access(folder_of(path).c_str(), W_OK | X_OK) != 0) {
    throw system_failure(ErrorKind::kInput, path, "cannot create a file there", errno);
  }
}

OutputFile::OutputFile(fs::path path) : path_(std::move(path)) {
  check(path_);
  const std::string stem = fmt::format(".{}.{}", path_.filename().string(), ::getpid());
  // A file of that name can only be left from an earlier process with the same number.
  for (unsigned attempt = 0; descriptor_ < 0 && attempt < 100; ++attempt) {
    temporary_ = folder_of(path_) / (stem + "-" + std::to_string(attempt) + ".tmp");
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
