if(GYRE_BUILD_PROVER)
  gyre_test(proof_test
    SOURCES ${PROJECT_SOURCE_DIR}/src/proof/codec_test.cc
            ${PROJECT_SOURCE_DIR}/tests/support/memory_use.cc
    LIBRARIES gyre_test_support gyre_verifier)
endif()
