# The prover's public interface.
if(GYRE_BUILD_PROVER)
  gyre_test(prover_test SOURCES ${PROJECT_SOURCE_DIR}/src/prover_test.cc
    LIBRARIES gyre_test_support gyre_airs gyre_prover)
endif()
