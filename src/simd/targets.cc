#include "gyre/simd/targets.h"

#include <hwy/highway.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <utility>

#include "gyre/support/error.h"

namespace gyre::simd {
namespace {

struct Target {
  std::int64_t bit;
  std::string_view name;
};

/// Those that the kernels are compiled for, best first.
std::vector<Target> compiled_targets() {
  constexpr std::pair<std::int64_t, std::string_view> kNames[] = {
#if HWY_ARCH_X86
    {HWY_AVX3, "avx512"},
    {HWY_AVX2, "avx2"},
    {HWY_SSE4, "sse4"},
#elif HWY_ARCH_ARM
    {HWY_NEON, "neon"},
#endif
    {HWY_SCALAR, "scalar"},
  };
  std::vector<Target> targets;
  for (const auto& [bit, name] : kNames) {
    if ((HWY_TARGETS & bit) != 0) targets.push_back({bit, name});
  }
  return targets;
}

std::vector<Target> runnable_targets() {
  std::vector<Target> targets = compiled_targets();
  std::erase_if(targets, [](const Target& target) {
    return target.bit != HWY_STATIC_TARGET && (hwy::SupportedTargets() & target.bit) == 0;
  });
  return targets;
}

/// What the machine has, read before anything is disabled.
const std::vector<Target>& machine_targets() {
  static const std::vector<Target> targets = runnable_targets();
  return targets;
}

std::string joined_names() {
  std::string names;
  for (const Target& target : machine_targets()) {
    if (!names.empty()) names += ", ";
    names += target.name;
  }
  return names;
}

const Target* find(std::string_view name) {
  const auto& targets = machine_targets();
  const auto found = std::find_if(targets.begin(), targets.end(),
                                  [&](const Target& target) { return target.name == name; });
  return found == targets.end() ? nullptr : &*found;
}

/// The target in use; null: the best. Not asked of Highway, whose SupportedTargets() enables what
/// is disabled again for the next call of a kernel.
std::atomic<const Target*> limit{nullptr};

/// Disables what is better than `target`; null: nothing.
void limit_to(const Target* target) {
  limit = target;
  std::int64_t disabled = 0;
  for (const Target& better : machine_targets()) {
    if (target == nullptr || better.bit == target->bit) break;
    disabled |= better.bit;
  }
  hwy::DisableTargets(disabled);
}

std::string read_environment() {
  const char* const name = std::getenv("GYRE_SIMD");
  if (name == nullptr || *name == '\0') return {};
  const Target* target = find(name);
  if (target == nullptr) {
    return "GYRE_SIMD: expected one of " + joined_names() + ", got '" + name + "'";
  }
  limit_to(target);
  return {};
}

const std::string& environment() {
  static const std::string problem = read_environment();
  return problem;
}

}  // namespace

bool obey_environment() {
  return environment().empty();
}

std::vector<std::string_view> available_targets() {
  std::vector<std::string_view> names;
  for (const Target& target : machine_targets()) names.push_back(target.name);
  return names;
}

std::string_view target() {
  environment();
  const Target* const limited = limit;
  return limited == nullptr ? machine_targets().front().name : limited->name;
}

void force_target(std::string_view name) {
  environment();
  const Target* target = name.empty() ? nullptr : find(name);
  if (!name.empty() && target == nullptr) {
    throw misuse("SIMD target: expected one of " + joined_names() + ", got '" + std::string(name) +
                 "'");
  }
  limit_to(target);
}

std::string environment_problem() {
  return environment();
}

}  // namespace gyre::simd
