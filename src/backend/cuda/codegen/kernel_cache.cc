#include "backend/cuda/codegen/kernel_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include "support/sha256.h"

namespace gyre::cuda {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "gyre kernel 1\n";
constexpr std::uint64_t kMostBytes = std::uint64_t{256} << 20;

/// The magic, filled up with zeros; key; length of the code, little-endian; SHA-256 of the code.
constexpr std::size_t kMagicBytes = 16, kKeyBytes = 64, kLengthBytes = 8;
constexpr std::size_t kHeaderBytes = kMagicBytes + kKeyBytes + kLengthBytes + sizeof(Sha256Digest);
using Header = std::array<std::uint8_t, kHeaderBytes>;

Header make_header(const std::string& key, std::span<const std::uint8_t> code) {
  Header header{};
  std::uint8_t* to = header.data();
  std::copy(kMagic.begin(), kMagic.end(), to);
  to = std::copy(key.begin(), key.end(), to + kMagicBytes);
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    *to++ = static_cast<std::uint8_t>(std::uint64_t{code.size()} >> 8 * i);
  }
  const Sha256Digest digest = sha256(code);
  std::copy(digest.begin(), digest.end(), to);
  return header;
}

/// A file descriptor that is closed.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }

 private:
  int value_;
};

bool read_all(int descriptor, std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::read(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return true;
}

bool write_all(int descriptor, std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return true;
}

bool is_key(const std::string& key) {
  return key.size() == kKeyBytes && std::all_of(key.begin(), key.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

/// Makes the folder and those above it.
int make_folders(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return 0;
  if (errno != ENOENT || !folder.has_parent_path() || folder == folder.parent_path()) return errno;
  const int failure = make_folders(folder.parent_path());
  if (failure != 0) return failure;
  return ::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST ? 0 : errno;
}

}  // namespace

fs::path KernelCache::default_folder() {
  const auto variable = [](const char* name) {
    const char* const value = std::getenv(name);
    return fs::path(value == nullptr ? "" : value);
  };
  if (const fs::path folder = variable("GYRE_CACHE_DIR"); !folder.empty()) return folder;
  // A relative XDG_CACHE_HOME is to be ignored, says its specification.
  if (const fs::path home = variable("XDG_CACHE_HOME"); home.is_absolute()) return home / "gyre";
  if (const fs::path home = variable("HOME"); home.is_absolute()) return home / ".cache" / "gyre";
  return {};
}

KernelCache::KernelCache(const fs::path& folder) {
  const std::string failure = open(folder);
  if (failure.empty()) return;
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  note_ = fmt::format("compiled kernels are not kept in '{}': {}", folder.string(), failure);
}

std::string KernelCache::open(const fs::path& folder) {
  if (folder.empty()) return "there is no home folder";
  if (const int failure = make_folders(folder); failure != 0) {
    return std::generic_category().message(failure);
  }
  descriptor_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  struct stat status {};
  if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0) {
    return std::generic_category().message(errno);
  }
  if (status.st_uid != ::geteuid()) return "it belongs to another user";
  if ((status.st_mode & 077) != 0) return "others have rights to it; its mode must be 0700";
  return {};
}

KernelCache::~KernelCache() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::optional<std::vector<std::uint8_t>> KernelCache::get(const std::string& key) const {
  if (!usable() || !is_key(key)) return std::nullopt;
  const Descriptor file(
      ::openat(descriptor_, key.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) return std::nullopt;
  const bool own = S_ISREG(status.st_mode) && status.st_uid == ::geteuid() &&
                   (status.st_mode & 022) == 0 && status.st_nlink == 1;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (!own || size < kHeaderBytes || size - kHeaderBytes > kMostBytes) return std::nullopt;
  Header header;
  std::vector<std::uint8_t> code(static_cast<std::size_t>(size) - kHeaderBytes);
  if (!read_all(file.get(), header) || !read_all(file.get(), code)) return std::nullopt;
  if (header != make_header(key, code)) return std::nullopt;
  return code;
}

void KernelCache::put(const std::string& key, std::span<const std::uint8_t> code) const {
  if (!usable() || !is_key(key) || code.size() > kMostBytes) return;
  static std::atomic<unsigned> count{0};
  const std::string temporary = fmt::format(".{}.{}-{}", key, ::getpid(), count.fetch_add(1));
  // A file of that name can only be left from an earlier process with the same number.
  ::unlinkat(descriptor_, temporary.c_str(), 0);
  const Descriptor file(::openat(descriptor_, temporary.c_str(),
                                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (file.get() < 0) return;
  const bool written = write_all(file.get(), make_header(key, code)) &&
                       write_all(file.get(), code) && ::fsync(file.get()) == 0;
  if (!written || ::renameat(descriptor_, temporary.c_str(), descriptor_, key.c_str()) != 0) {
    ::unlinkat(descriptor_, temporary.c_str(), 0);
  }
}

}  // namespace gyre::cuda
