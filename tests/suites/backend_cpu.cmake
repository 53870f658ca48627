# The phases of the CPU backend against those of the reference.
if(GYRE_BUILD_PROVER)
  find_package(TBB REQUIRED)
  gyre_test(backend_cpu_test
    SOURCES ${PROJECT_SOURCE_DIR}/src/backend/cpu/fraction_tree_test.cc
    LIBRARIES gyre_airs gyre_prover TBB::tbb)
endif()
