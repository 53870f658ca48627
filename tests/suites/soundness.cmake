# Every way to tamper with a proof is rejected with the right error.
if(GYRE_BUILD_PROVER)
  gyre_test(soundness_test
    SOURCES ${PROJECT_SOURCE_DIR}/tests/soundness/tampering_test.cc
            ${PROJECT_SOURCE_DIR}/tests/soundness/shape_test.cc
            ${PROJECT_SOURCE_DIR}/tests/soundness/bytes_test.cc
            ${PROJECT_SOURCE_DIR}/tests/support/memory_use.cc
    LIBRARIES gyre_test_support gyre_verifier)
endif()
