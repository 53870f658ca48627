# Backends by name, and the shared object of the CUDA backend: what is loaded, what is refused.
if(GYRE_BUILD_PROVER)
  function(fake_plugin name)
    add_library(${name} MODULE ${PROJECT_SOURCE_DIR}/tests/support/fake_cuda_plugin.cc)
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_BINARY_DIR}/src/generated)
    target_compile_definitions(${name} PRIVATE ${ARGN})
    target_link_libraries(${name} PRIVATE gyre_prover gyre_options)
    target_link_options(${name} PRIVATE -Wl,--exclude-libs,ALL)
  endfunction()
  fake_plugin(fake_cuda_plugin)
  fake_plugin(other_cuda_plugin FAKE_BUILD_TAG="0.0.0-other")
  gyre_test(backend_library_test
    SOURCES ${PROJECT_SOURCE_DIR}/src/backend/registry_test.cc
            ${PROJECT_SOURCE_DIR}/src/backend/cuda_library_test.cc
    DEFINITIONS GYRE_FAKE_PLUGIN="$<TARGET_FILE:fake_cuda_plugin>"
      GYRE_OTHER_PLUGIN="$<TARGET_FILE:other_cuda_plugin>"
      GYRE_EMULATED_PLUGIN="${emulated_plugin}"
    LIBRARIES gyre_prover)
  target_include_directories(backend_library_test PRIVATE ${PROJECT_BINARY_DIR}/src/generated)
  add_dependencies(backend_library_test fake_cuda_plugin other_cuda_plugin ${emulated_plugin_target})
endif()
