# Every way to tamper with a proof is rejected with the right error.
if(GYRE_BUILD_PROVER)
  find_package(fmt REQUIRED)
  # Proofs of any shape and stages of the verifier on their own: for keys that no prover has.
  add_library(gyre_verify_stages STATIC
    ${PROJECT_SOURCE_DIR}/tests/support/shaped_proof.cc
    ${PROJECT_SOURCE_DIR}/tests/support/verify_stages.cc)
  target_include_directories(gyre_verify_stages
    PUBLIC ${PROJECT_SOURCE_DIR}/tests PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(gyre_verify_stages PUBLIC gyre_verifier PRIVATE gyre_options)

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
