# Phases of the CPU backend's openings.
if(GYRE_BUILD_PROVER)
  find_package(TBB REQUIRED)
  gyre_test(openings_test SOURCES ${PROJECT_SOURCE_DIR}/src/backend/cpu/openings_test.cc
    LIBRARIES gyre_prover TBB::tbb)
endif()
