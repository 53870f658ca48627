#include "backend/registry.h"

#include <gtest/gtest.h>

#include "gyre/prover.h"
#include "gyre/support/error.h"

namespace gyre {
namespace {

std::string misuse_of(std::string_view choice) {
  try {
    check_backend_name(choice);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kMisuse);
    return error.what();
  }
  return "no error";
}

TEST(Registry, Choices) {
  EXPECT_EQ(parse_backend_choice("cpu").name, "cpu");
  EXPECT_EQ(parse_backend_choice("cuda").device, 0);
  EXPECT_EQ(parse_backend_choice("cuda:12").name, "cuda");
  EXPECT_EQ(parse_backend_choice("cuda:12").device, 12);
  for (const char* wrong : {"cuda:", "cuda:x", "cuda:1x", "cuda:-1", "cuda:99999999999"}) {
    EXPECT_EQ(misuse_of(wrong),
              "'" + std::string(wrong) + "': expected the number of a device after the colon");
  }
  EXPECT_EQ(misuse_of("cpu:0"), "'cpu:0': the backend cpu has no devices to choose from");
  EXPECT_EQ(misuse_of(""), "no backend is named ''; there are: cpu, reference, cuda");
}

TEST(Registry, HostBackendsHaveNoObstacle) {
  EXPECT_EQ(backend_obstacle("cpu"), "");
  EXPECT_EQ(backend_obstacle("reference"), "");
}

TEST(Registry, TakesBackendsByName) {
  register_backend(
      "test",
      {.make = [](const VerifyingKey& key, int, unsigned) { return make_reference_backend(key); },
       .check =
           [](int device) {
             throw Error(ErrorKind::kResource, "no test device " + std::to_string(device));
           },
       .has_devices = true});
  EXPECT_EQ(backend_names(), (std::vector<std::string>{"cpu", "reference", "cuda", "test"}));
  EXPECT_EQ(backend_obstacle("test:4"), "no test device 4");
  register_backend("test", {.make = [](const VerifyingKey& key, int, unsigned) {
                     return make_reference_backend(key);
                   }});
  EXPECT_EQ(backend_names().size(), 4u);
  EXPECT_EQ(backend_obstacle("test"), "");
  VerifyingKey key;
  EXPECT_EQ(backend_maker({.name = "test"}).make(key, 0, 1)->name(), "reference");
}

}  // namespace
}  // namespace gyre
