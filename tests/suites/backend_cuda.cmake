# The CUDA backend on the emulator: kernels and phases by themselves and against the reference.
if(GYRE_BUILD_PROVER)
  file(GLOB cuda_tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/backend/cuda/*_test.cc)
  gyre_test(backend_cuda_test SOURCES ${cuda_tests}
    LIBRARIES gyre_cuda_emulated gyre_random_system gyre_airs gyre_prover fmt::fmt)
endif()
