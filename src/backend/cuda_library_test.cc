#include "backend/cuda_library.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "build_tag.h"
#include "gyre/support/error.h"
#include "gyre/support/telemetry.h"
#include "support/emulated_plugin.h"

namespace gyre {
namespace {

/// "kResource" messages alone; anything else fails the test.
template <class F>
std::string resource_error(F&& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kResource) << error.what();
    return error.what();
  }
  return "no error";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(CudaLibrary, WhatCannotBeLoadedIsNamed) {
  const std::string absent = resource_error([] { load_cuda_plugin("/absent/libgyre_cuda.so"); });
  EXPECT_TRUE(absent.starts_with("cuda: cannot load the CUDA backend: /absent/libgyre_cuda.so: "))
      << absent;
  const std::string path = testing::TempDir() + "/gyre_no_library.so";
  std::ofstream(path) << "text";
  EXPECT_TRUE(contains(resource_error([&] { load_cuda_plugin(path); }), "gyre_no_library.so"));
  std::remove(path.c_str());
}

TEST(CudaLibrary, AnotherLibraryIsRefused) {
  EXPECT_EQ(resource_error([] { load_cuda_plugin("libm.so.6"); }),
            "cuda: libm.so.6 is not Gyre's CUDA backend: it has no gyre_cuda_plugin");
}

TEST(CudaLibrary, AnotherBuildIsRefused) {
  EXPECT_EQ(resource_error([] { load_cuda_plugin(GYRE_OTHER_PLUGIN); }),
            "cuda: " GYRE_OTHER_PLUGIN
            " is of another build of Gyre: it is 0.0.0-other, this "
            "program is " +
                std::string(kBuildTag));
}

TEST(CudaLibrary, LooksBesideTheProgramAndInTheBuildTree) {
  const auto paths = cuda_library_paths();
  std::error_code ignored;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
  EXPECT_EQ(paths.front(), program / "libgyre_cuda.so");
  const auto has = [&](const std::filesystem::path& path) {
    return std::find(paths.begin(), paths.end(), path) != paths.end();
  };
  EXPECT_TRUE(has((program / "../lib/gyre/libgyre_cuda.so").lexically_normal()));
  EXPECT_TRUE(has((program / "../src/backend/cuda/libgyre_cuda.so").lexically_normal()));
}

/// The shared object's copy of the library reports to this program's collector.
TEST(CudaLibrary, SpansAndCountersComeHome) {
  const CudaPlugin& plugin = load_cuda_plugin(GYRE_FAKE_PLUGIN);
  Telemetry telemetry;
  {
    const TelemetryScope scope(&telemetry);
    const Span span("whole");
    EXPECT_EQ(plugin.devices().at(0).name, "fake");
  }
  plugin.devices();  // without a collector
  ASSERT_EQ(telemetry.spans().size(), 2u);
  EXPECT_EQ(telemetry.spans()[1].name, "fake.devices");
  EXPECT_EQ(telemetry.spans()[1].parent, 0);
  EXPECT_EQ(telemetry.spans()[0].counters.bytes_moved, 7u);
  EXPECT_EQ(telemetry.attributes().at(0).value, "fake");
}

TEST(CudaLibrary, ErrorsPassFromTheSharedObject) {
  const CudaPlugin& plugin = load_cuda_plugin(GYRE_FAKE_PLUGIN);
  EXPECT_EQ(resource_error([&] { plugin.check_device(3); }), "cuda: device 3 is a fake");
  EXPECT_EQ(resource_error([&] { plugin.make_backend(VerifyingKey{}, 1); }),
            "cuda: device 1 is a fake");
}

TEST(CudaLibrary, TheEmulatedBackendHasOneDevice) {
  GYRE_SKIP_WITHOUT_EMULATOR();
  const CudaPlugin& plugin = load_cuda_plugin(GYRE_EMULATED_PLUGIN);
  const std::vector<DeviceInfo> devices = plugin.devices();
  ASSERT_EQ(devices.size(), 1u);
  EXPECT_EQ(devices[0].name, "emulated");
  plugin.check_device(0);
  EXPECT_EQ(resource_error([&] { plugin.check_device(1); }),
            "cuda: there is no device 1; this machine has 1");
}

}  // namespace
}  // namespace gyre
