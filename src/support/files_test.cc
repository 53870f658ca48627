#include "gyre/support/files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "gyre/support/error.h"

namespace gyre {
namespace {

namespace fs = std::filesystem;

class FilesTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / ("gyre_files_" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    fs::create_directory(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }
  template <class F>
  static std::string input_error(F action) {
    try {
      action();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInput);
      return error.what();
    }
    return "no error";
  }

  fs::path folder_;
};

TEST_F(FilesTest, WritesThenReads) {
  OutputFile file(folder_ / "a.bin");
  file.write("hello");
  EXPECT_FALSE(fs::exists(folder_ / "a.bin"));
  file.commit();
  EXPECT_EQ(files(), 1u);
  const auto bytes = read_file(folder_ / "a.bin", 5);
  EXPECT_EQ(std::string(bytes.begin(), bytes.end()), "hello");
}

TEST_F(FilesTest, NothingIsLeftWithoutACommit) {
  {
    OutputFile file(folder_ / "a.bin");
    file.write("hello");
    EXPECT_EQ(files(), 1u);
  }
  EXPECT_EQ(files(), 0u);
}

TEST_F(FilesTest, ReplacesOnlyOnCommit) {
  OutputFile first(folder_ / "a"), second(folder_ / "a");
  first.write("first");
  second.write("second");
  first.commit();
  EXPECT_EQ(read_file(folder_ / "a", 100).size(), 5u);
  second.commit();
  EXPECT_EQ(read_file(folder_ / "a", 100).size(), 6u);
  EXPECT_EQ(files(), 1u);
}

TEST_F(FilesTest, InputErrorsNameTheFile) {
  const auto absent = input_error([&] { read_file(folder_ / "absent", 10); });
  EXPECT_NE(absent.find("absent: cannot open: No such file"), std::string::npos) << absent;
  const auto folder = input_error([&] { read_file(folder_, 10); });
  EXPECT_NE(folder.find("not a regular file"), std::string::npos) << folder;
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  const auto pipe = input_error([&] { read_file(folder_ / "pipe", 10); });
  EXPECT_NE(pipe.find("not a regular file"), std::string::npos) << pipe;
}

TEST_F(FilesTest, LimitIsCheckedBeforeReading) {
  OutputFile file(folder_ / "a");
  file.write("123456");
  file.commit();
  fs::resize_file(folder_ / "a", std::uintmax_t{1} << 40);
  const auto error = input_error([&] { read_file(folder_ / "a", 5); });
  EXPECT_NE(error.find("1099511627776 bytes, the limit is 5"), std::string::npos) << error;
}

TEST_F(FilesTest, ShortFileIsAnError) {
  OutputFile file(folder_ / "a");
  file.write("123456");
  file.commit();
  InputFile input(folder_ / "a");
  EXPECT_EQ(input.size(), 6u);
  std::vector<std::uint8_t> bytes(8);
  const auto error = input_error([&] { input.read(bytes); });
  EXPECT_NE(error.find("ends 2 bytes before"), std::string::npos) << error;
}

TEST_F(FilesTest, OutputErrors) {
  const auto absent = input_error([&] { OutputFile file(folder_ / "absent" / "a"); });
  EXPECT_NE(absent.find("cannot create a file there: No such file"), std::string::npos) << absent;
  const auto folder = input_error([&] { OutputFile::check(folder_); });
  EXPECT_NE(folder.find("not a regular file"), std::string::npos) << folder;
  const auto nameless = input_error([&] { OutputFile::check(folder_ / ""); });
  EXPECT_NE(nameless.find("does not name a file"), std::string::npos) << nameless;
  EXPECT_NE(input_error([] { OutputFile::check("/dev/null"); }), "no error");
  const auto below_file = input_error([&] {
    OutputFile(folder_ / "file").commit();
    OutputFile::check(folder_ / "file" / "a");
  });
  EXPECT_NE(below_file.find("Not a directory"), std::string::npos) << below_file;
}

TEST_F(FilesTest, NamesCanBeAsLongAsTheFileSystemAllows) {
  OutputFile file(folder_ / std::string(255, 'n'));
  file.commit();
  EXPECT_EQ(files(), 1u);
  const auto error = input_error([&] { OutputFile::check(folder_ / std::string(256, 'n')); });
  EXPECT_NE(error.find("File name too long"), std::string::npos) << error;
}

TEST_F(FilesTest, FailingWriteIsAResourceErrorAndLeavesNothing) {
  // A limit on file sizes stands in for a full disk.
  struct rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small = {1000, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  ErrorKind kind = ErrorKind::kMisuse;
  try {
    OutputFile file(folder_ / "a");
    file.write(std::string(2000, 'x'));
    file.commit();
  } catch (const Error& error) {
    kind = error.kind();
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(kind, ErrorKind::kResource);
  EXPECT_EQ(files(), 0u);
}

}  // namespace
}  // namespace gyre
