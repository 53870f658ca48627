#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace gyre {

/// What a run of the gyre command gave.
struct Outcome {
  int code;  ///< exit code; -1 when a signal ended it
  std::string out, err;

  nlohmann::json json() const { return nlohmann::json::parse(out); }
};

/// A scratch folder, removed at the end, in which the command runs.
class Workplace {
 public:
  Workplace();
  ~Workplace();
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;

  /// Runs `gyre <arguments>` in the folder. `before` is shell text that comes first; `stdout_to`
  /// says where stdout goes instead of into the outcome, such as ">/dev/full" or "| true".
  Outcome gyre(const std::vector<std::string>& arguments, const std::string& before = "",
               const std::string& stdout_to = "") const;

  std::filesystem::path path(const std::string& name) const { return folder_ / name; }
  /// Names in the folder, ascending.
  std::vector<std::string> names() const;
  std::string read(const std::string& name) const;
  void write(const std::string& name, const std::string& bytes) const;

  /// Copies a golden case, as a bundle without its golden results, to the subfolder `name`.
  void copy_bundle(const std::string& golden, const std::string& name) const;
  void edit_case(const std::string& bundle, const std::function<void(nlohmann::json&)>& edit) const;
  /// Overwrites one 32-bit word of a file.
  void poke(const std::string& file, std::size_t offset, std::uint32_t word) const;

 private:
  std::filesystem::path folder_, logs_;
};

/// A file of the golden data.
std::string golden(const std::string& name);
std::string read_whole(const std::filesystem::path& path);

}  // namespace gyre
