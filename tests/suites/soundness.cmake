# Every way to tamper with a proof is rejected with the right error.
if(GYRE_BUILD_PROVER)
  find_package(fmt REQUIRED)
  gyre_test(soundness_test
    SOURCES ${PROJECT_SOURCE_DIR}/tests/soundness/tampering_test.cc
            ${PROJECT_SOURCE_DIR}/tests/soundness/shape_test.cc
            ${PROJECT_SOURCE_DIR}/tests/soundness/bytes_test.cc
            ${PROJECT_SOURCE_DIR}/tests/support/memory_use.cc
    LIBRARIES gyre_test_support gyre_verifier)
  # Proofs made for the purpose: traces that break a rule, and corners of shapes and parameters.
  gyre_test(soundness_prove_test
    SOURCES ${PROJECT_SOURCE_DIR}/tests/soundness/unsatisfied_test.cc
            ${PROJECT_SOURCE_DIR}/tests/soundness/small_gkr_test.cc
            ${PROJECT_SOURCE_DIR}/tests/soundness/corner_params_test.cc
    LIBRARIES gyre_test_support gyre_airs gyre_prover fmt::fmt)
  gyre_test(mutation_test
    SOURCES ${PROJECT_SOURCE_DIR}/tests/soundness/proof_mutation_test.cc
            ${PROJECT_SOURCE_DIR}/tests/soundness/key_mutation_test.cc
    LIBRARIES gyre_verify_stages gyre_test_support gyre_verifier)
endif()
