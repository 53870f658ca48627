#include "backend/registry.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <mutex>
#include <utility>

#include "backend/cuda_library.h"
#include "gyre/support/error.h"

namespace gyre {
namespace {

class Registry {
 public:
  Registry() {
    add("cpu", {.make = [](const VerifyingKey& key, int, unsigned threads) {
          return make_cpu_backend(key, threads);
        }});
    add("reference", {.make = [](const VerifyingKey& key, int, unsigned) {
          return make_reference_backend(key);
        }});
    add("cuda", {.make = [](const VerifyingKey& key, int device,
                            unsigned) { return cuda_plugin().make_backend(key, device); },
                 .check = [](int device) { cuda_plugin().check_device(device); },
                 .has_devices = true});
  }
  void add(const std::string& name, BackendMaker maker) {
    const std::lock_guard lock(mutex_);
    const auto known = find(name);
    if (known == entries_.end()) {
      entries_.emplace_back(name, std::move(maker));
    } else {
      known->second = std::move(maker);
    }
  }
  std::vector<std::string> names() {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, maker] : entries_) names.push_back(name);
    return names;
  }
  std::optional<BackendMaker> maker(std::string_view name) {
    const std::lock_guard lock(mutex_);
    const auto known = find(name);
    if (known == entries_.end()) return std::nullopt;
    return known->second;
  }

 private:
  using Entry = std::pair<std::string, BackendMaker>;
  std::vector<Entry>::iterator find(std::string_view name) {
    return std::find_if(entries_.begin(), entries_.end(),
                        [&](const Entry& entry) { return entry.first == name; });
  }

  std::mutex mutex_;
  std::vector<Entry> entries_;
};

Registry& registry() {
  static Registry instance;
  return instance;
}

}  // namespace

std::vector<std::string> registered_backends() {
  return registry().names();
}

void register_backend(const std::string& name, BackendMaker maker) {
  registry().add(name, std::move(maker));
}

BackendChoice parse_backend_choice(std::string_view choice) {
  const std::size_t colon = choice.find(':');
  BackendChoice result{.name = std::string(choice.substr(0, colon))};
  const auto maker = registry().maker(result.name);
  if (!maker) {
    throw misuse(fmt::format("no backend is named '{}'; there are: {}", result.name,
                             fmt::join(registered_backends(), ", ")));
  }
  if (colon == std::string_view::npos) return result;
  if (!maker->has_devices) {
    throw misuse(
        fmt::format("'{}': the backend {} has no devices to choose from", choice, result.name));
  }
  const std::string_view index = choice.substr(colon + 1);
  const char* const end = index.data() + index.size();
  const auto [rest, error] = std::from_chars(index.data(), end, result.device);
  if (error != std::errc() || rest != end || result.device < 0) {
    throw misuse(fmt::format("'{}': expected the number of a device after the colon", choice));
  }
  return result;
}

BackendMaker backend_maker(const BackendChoice& choice) {
  return registry().maker(choice.name).value();
}

}  // namespace gyre
