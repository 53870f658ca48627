# The tests beside the CUDA backend's sources on a real device: the same sources as in
# backend_cuda_test, compiled by nvcc. CTest does not know the program, for it needs a GPU, and it is
# not built with the rest, for nvcc takes minutes: scripts/cuda builds and runs it.
if(GYRE_BUILD_PROVER AND GYRE_CUDA_FOUND)
  file(GLOB cuda_tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/backend/cuda/*_test.cc)
  # Without a device's part: the choice among compiled kernels, which fakes stand for there.
  list(FILTER cuda_tests EXCLUDE REGEX "/generated_evaluator_test\\.cc$")
  set(cuda_test_sources)
  foreach(source ${cuda_tests})
    get_filename_component(name ${source} NAME_WE)
    set(wrapper ${CMAKE_CURRENT_BINARY_DIR}/cuda_kernels/${name}.cu)
    file(CONFIGURE OUTPUT ${wrapper} CONTENT "#include \"backend/cuda/${name}.cc\"\n")
    list(APPEND cuda_test_sources ${wrapper})
  endforeach()
  add_executable(cuda_kernels_test EXCLUDE_FROM_ALL ${cuda_test_sources} $<TARGET_OBJECTS:gyre_cuda_objects>)
  gyre_cuda_target(cuda_kernels_test)
  target_include_directories(cuda_kernels_test PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(cuda_kernels_test
    PRIVATE gyre_random_system gyre_airs gyre_prover fmt::fmt TBB::tbb GTest::gtest_main)
  set_target_properties(cuda_kernels_test PROPERTIES LINKER_LANGUAGE CUDA)
endif()
