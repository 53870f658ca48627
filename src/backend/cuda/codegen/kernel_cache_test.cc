#include "backend/cuda/codegen/kernel_cache.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

namespace gyre::cuda {
namespace {

namespace fs = std::filesystem;
using Code = std::vector<std::uint8_t>;

class KernelCacheTest : public testing::Test {
 protected:
  KernelCacheTest() {
    std::string name = (fs::temp_directory_path() / "gyre_cache_XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }
  ~KernelCacheTest() override { fs::remove_all(root_); }

  fs::path folder() const { return root_ / "a" / "gyre"; }
  fs::path entry() const { return folder() / key_; }
  static std::string read(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void write(const fs::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
  }

  fs::path root_;
  const std::string key_ = std::string(60, 'a') + "0123", other_ = std::string(64, 'b');
  const Code code_ = Code(1000, 7);
};

TEST_F(KernelCacheTest, KeepsWhatIsPutInAFolderOfTheUser) {
  {
    const KernelCache cache(folder());
    ASSERT_TRUE(cache.usable()) << cache.note();
    EXPECT_EQ(cache.get(key_), std::nullopt);
    cache.put(key_, code_);
    cache.put(other_, {});
  }
  const KernelCache cache(folder());
  EXPECT_EQ(cache.get(key_), code_);
  EXPECT_EQ(cache.get(other_), Code());
  struct stat status {};
  ASSERT_EQ(::stat(folder().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
  ASSERT_EQ(::stat(entry().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder()), fs::directory_iterator()), 2);
}

TEST_F(KernelCacheTest, DamagedEntriesAreAbsentAndReplaced) {
  const KernelCache cache(folder());
  cache.put(key_, code_);
  const std::string good = read(entry());
  for (std::size_t i = 0; i < good.size(); i += i < 130 ? 1 : 97) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    write(entry(), bad);
    EXPECT_EQ(cache.get(key_), std::nullopt) << "byte " << i;
  }
  for (const std::size_t length : {std::size_t{0}, std::size_t{50}, good.size() - 1}) {
    write(entry(), good.substr(0, length));
    EXPECT_EQ(cache.get(key_), std::nullopt) << length << " bytes";
  }
  write(entry(), good + "x");
  EXPECT_EQ(cache.get(key_), std::nullopt);
  cache.put(key_, code_);
  EXPECT_EQ(cache.get(key_), code_);
}

TEST_F(KernelCacheTest, MisnamedAndForeignEntriesAreAbsent) {
  const KernelCache cache(folder());
  cache.put(other_, code_);
  fs::copy_file(folder() / other_, entry());
  EXPECT_EQ(cache.get(key_), std::nullopt);  // another kernel's code under this name
  fs::remove(entry());

  cache.put(key_, code_);
  fs::permissions(entry(), fs::perms::group_write, fs::perm_options::add);
  EXPECT_EQ(cache.get(key_), std::nullopt);
  fs::permissions(entry(), fs::perms::group_write, fs::perm_options::remove);
  EXPECT_EQ(cache.get(key_), code_);

  fs::rename(entry(), root_ / "elsewhere");
  fs::create_symlink(root_ / "elsewhere", entry());
  EXPECT_EQ(cache.get(key_), std::nullopt);
  cache.put(key_, code_);  // in place of the link, not through it
  EXPECT_EQ(cache.get(key_), code_);
  EXPECT_FALSE(fs::is_symlink(entry()));

  EXPECT_EQ(cache.get("../" + key_.substr(3)), std::nullopt);
  cache.put("../" + key_.substr(3), code_);
  EXPECT_FALSE(fs::exists(folder() / ".." / key_.substr(3)));
}

TEST_F(KernelCacheTest, FoldersThatOthersCanReachAreNotUsed) {
  fs::create_directories(folder());
  ::chmod(folder().c_str(), 0755);
  const KernelCache open_to_others(folder());
  EXPECT_FALSE(open_to_others.usable());
  EXPECT_NE(open_to_others.note().find("0700"), std::string::npos);
  open_to_others.put(key_, code_);
  EXPECT_EQ(open_to_others.get(key_), std::nullopt);
  EXPECT_TRUE(fs::is_empty(folder()));

  ::chmod(folder().c_str(), 0700);
  fs::create_directory_symlink(folder(), root_ / "link");
  EXPECT_FALSE(KernelCache(root_ / "link").usable());
  write(root_ / "file", "");
  EXPECT_FALSE(KernelCache(root_ / "file").usable());
  EXPECT_FALSE(KernelCache(root_ / "file" / "below").usable());
  EXPECT_FALSE(KernelCache("").usable());
}

TEST_F(KernelCacheTest, WritersAndReadersAtOnce) {
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const KernelCache cache(folder());
      for (unsigned i = 0; i < 20; ++i) {
        if (t % 2 == 0) cache.put(key_, Code(100000, static_cast<std::uint8_t>(t)));
        const auto code = cache.get(key_);
        if (!code) continue;
        EXPECT_EQ(code->size(), 100000u);
        EXPECT_EQ(code->front(), code->back());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(KernelCache(folder()).get(key_).has_value());
  EXPECT_EQ(std::distance(fs::directory_iterator(folder()), fs::directory_iterator()), 1);
}

}  // namespace
}  // namespace gyre::cuda
