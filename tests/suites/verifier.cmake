# The verifier library alone.
gyre_test(protocol_test
  SOURCES ${PROJECT_SOURCE_DIR}/src/protocol/params_test.cc
          ${PROJECT_SOURCE_DIR}/src/protocol/verify_error_test.cc
          ${PROJECT_SOURCE_DIR}/src/protocol/logup_gkr/verify_test.cc
  LIBRARIES gyre_verifier)

if(GYRE_BUILD_PROVER)
  gyre_test(verifier_test
    SOURCES ${PROJECT_SOURCE_DIR}/src/verifier_test.cc
            ${PROJECT_SOURCE_DIR}/src/protocol/statement_test.cc
            ${PROJECT_SOURCE_DIR}/src/protocol/whir/verify_test.cc
    LIBRARIES gyre_test_support gyre_verifier)
endif()
