# The programs, kernels and phases of the CPU backend, by themselves and against the reference.
if(GYRE_BUILD_PROVER)
  find_package(TBB REQUIRED)
  gyre_test(backend_cpu_test
    SOURCES ${PROJECT_SOURCE_DIR}/src/backend/cpu/fraction_tree_test.cc
      ${PROJECT_SOURCE_DIR}/src/backend/cpu/expression_program_test.cc
      ${PROJECT_SOURCE_DIR}/src/backend/cpu/prism_kernels_test.cc
      ${PROJECT_SOURCE_DIR}/src/backend/cpu/constraint_phases_test.cc
    LIBRARIES gyre_airs gyre_prover TBB::tbb)
endif()
