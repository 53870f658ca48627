# The CUDA backend makes the proofs of the reference: the suites of the other backends, as programs
# of their own. Here they load the emulated backend; on a machine with a GPU, scripts/cuda runs them
# with the real one, without an emulator.
if(TARGET gyre_cuda_emulated_plugin OR (GYRE_BUILD_PROVER AND GYRE_CUDA_FOUND))
  find_package(fmt REQUIRED)
  set(cuda_tests PREFIX cuda. DEFINITIONS GYRE_TESTED_BACKENDS="cuda"
    ENVIRONMENT GYRE_CUDA_LIBRARY=${emulated_plugin})
  if(NOT TARGET gyre_cuda_emulated_plugin)
    list(PREPEND cuda_tests ON_DEMAND)
  endif()
  gyre_test(cuda_golden_test ${cuda_tests} FILTER "Backends/*-*keccak*"
    SOURCES ${PROJECT_SOURCE_DIR}/tests/golden/prove_test.cc
    LIBRARIES gyre_test_support gyre_prover fmt::fmt)
  gyre_test(cuda_conformance_test ${cuda_tests} FILTER "Seeds/BackendConformance.Same*"
    SOURCES ${PROJECT_SOURCE_DIR}/tests/backend_conformance/random_systems_test.cc
    LIBRARIES gyre_random_system gyre_airs gyre_prover)
  gyre_test(cuda_prover_test ${cuda_tests} FILTER "Backends/*"
    SOURCES ${PROJECT_SOURCE_DIR}/src/prover_test.cc
    LIBRARIES gyre_test_support gyre_airs gyre_prover)
  if(TARGET gyre_cuda_emulated_plugin)
    foreach(program cuda_golden_test cuda_conformance_test cuda_prover_test)
      add_dependencies(${program} gyre_cuda_emulated_plugin)
    endforeach()
  endif()
endif()
