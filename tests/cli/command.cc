#include "cli/command.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "support/copy_bundle.h"

namespace gyre {
namespace {

namespace fs = std::filesystem;

std::string shell_quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

fs::path fresh_folder(const char* kind) {
  static std::atomic<unsigned> count{0};
  const fs::path folder = fs::path(testing::TempDir()) / ("gyre_cli_" + std::to_string(::getpid()) +
                                                          "_" + std::to_string(count++) + kind);
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

}  // namespace

std::string golden(const std::string& name) {
  return std::string(GYRE_TEST_DATA) + "/" + name;
}

std::string read_whole(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Workplace::Workplace() : folder_(fresh_folder("")), logs_(fresh_folder("_logs")) {}

Workplace::~Workplace() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
  fs::remove_all(logs_, ignored);
}

Outcome Workplace::gyre(const std::vector<std::string>& arguments, const std::string& before,
                        const std::string& stdout_to) const {
  std::string command = "cd " + shell_quoted(folder_.string()) + " && " + before + " " GYRE_COMMAND;
  for (const std::string& argument : arguments) command += " " + shell_quoted(argument);
  const fs::path out = logs_ / "out", err = logs_ / "err";
  std::ofstream(out).close();
  command += " </dev/null 2>" + shell_quoted(err.string()) + " " +
             (stdout_to.empty() ? ">" + shell_quoted(out.string()) : stdout_to);
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_whole(out), read_whole(err)};
}

std::vector<std::string> Workplace::names() const {
  std::vector<std::string> result;
  for (const auto& entry : fs::directory_iterator(folder_)) {
    result.push_back(entry.path().filename().string());
  }
  std::sort(result.begin(), result.end());
  return result;
}

std::string Workplace::read(const std::string& name) const {
  return read_whole(path(name));
}

void Workplace::write(const std::string& name, const std::string& bytes) const {
  std::ofstream(path(name), std::ios::binary) << bytes;
}

void Workplace::copy_bundle(const std::string& golden_case, const std::string& name) const {
  gyre::copy_bundle(golden(golden_case), path(name));
}

void Workplace::edit_case(const std::string& bundle,
                          const std::function<void(nlohmann::json&)>& edit) const {
  auto description = nlohmann::json::parse(read(bundle + "/case.json"));
  edit(description);
  write(bundle + "/case.json", description.dump());
}

void Workplace::poke(const std::string& file, std::size_t offset, std::uint32_t word) const {
  std::string bytes = read(file);
  for (unsigned i = 0; i < 4; ++i) bytes.at(offset + i) = static_cast<char>(word >> (8 * i));
  write(file, bytes);
}

}  // namespace gyre
