# The CUDA backend on the emulator: kernels and phases by themselves and against the reference.
if(TARGET gyre_cuda_emulated)
  # Generated constraint kernels, as the emulator runs them.
  add_executable(gyre_generate_kernels
    ${PROJECT_SOURCE_DIR}/tests/support/generated_kernels/generate.cc
    ${PROJECT_SOURCE_DIR}/tests/support/generated_kernels/airs.cc)
  target_include_directories(gyre_generate_kernels PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(gyre_generate_kernels
    PRIVATE gyre_cuda_emulated gyre_airs gyre_prover gyre_options)
  set(generated_kernels ${CMAKE_CURRENT_BINARY_DIR}/generated_kernels.cc)
  add_custom_command(OUTPUT ${generated_kernels} COMMAND gyre_generate_kernels ${generated_kernels}
    DEPENDS gyre_generate_kernels)
  # Long functions of inlined arithmetic, over which an optimising GCC sits for minutes.
  set_source_files_properties(${generated_kernels} PROPERTIES COMPILE_OPTIONS
    "-O0;$<$<NOT:$<STREQUAL:${GYRE_SANITIZE},>>:-fno-sanitize=all>")

  file(GLOB cuda_tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/backend/cuda/*_test.cc
    ${PROJECT_SOURCE_DIR}/src/backend/cuda/codegen/*_test.cc)
  gyre_test(backend_cuda_test
    SOURCES ${cuda_tests} ${generated_kernels}
      ${PROJECT_SOURCE_DIR}/tests/support/generated_kernels/airs.cc
    LIBRARIES gyre_cuda_emulated gyre_random_system gyre_airs gyre_prover fmt::fmt)
endif()
