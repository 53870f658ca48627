#include <fmt/format.h>

#include <memory>

#include "command.h"
#include "gyre/backend/devices.h"
#include "machine.h"
#include "report.h"

namespace gyre::cli {
namespace {

void print_devices(const std::vector<DeviceInfo>& devices) {
  if (devices.empty()) {
    fmt::print("no CUDA device\n");
    return;
  }
  fmt::print("{:>5}  {:<32}  {:>10}  {:>9}  {:>9}  {:>4}\n", "index", "name", "capability",
             "memory GB", "free GB", "SMs");
  for (const DeviceInfo& device : devices) {
    fmt::print("{:>5}  {:<32}  {:>10}  {:>9.1f}  {:>9.1f}  {:>4}\n", device.index, device.name,
               fmt::format("{}.{}", device.major, device.minor),
               static_cast<double>(device.memory_bytes) / 1e9,
               static_cast<double>(device.free_bytes) / 1e9, device.multiprocessors);
  }
}

int list_devices(const Format& format) {
  const std::vector<DeviceInfo> devices = cuda_devices();
  if (format.json) {
    Json list = Json::array();
    for (const DeviceInfo& device : devices) list.push_back(device_json(device));
    print_json({{"status", "listed"}, {"devices", std::move(list)}});
  } else {
    print_devices(devices);
  }
  return kDone;
}

}  // namespace

void add_devices(CLI::App& app, Format& format, Action& action) {
  CLI::App* command = app.add_subcommand("devices", "List the GPUs of this machine");
  add_format(*command, format);
  command->footer(
      "Exit code 3 if there is no NVIDIA driver, or this gyre has no CUDA backend; a driver "
      "without "
      "devices\ngives an empty list.");
  command->callback([&] { action = [&format] { return list_devices(format); }; });
}

}  // namespace gyre::cli
