# Proofs of the golden cases, made again on every backend.
if(GYRE_BUILD_PROVER)
  find_package(fmt REQUIRED)
  gyre_test(golden_prove_test SOURCES ${PROJECT_SOURCE_DIR}/tests/golden/prove_test.cc
    LIBRARIES gyre_test_support gyre_prover fmt::fmt)
endif()
