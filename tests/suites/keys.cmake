if(GYRE_BUILD_PROVER)
  gyre_test(keys_test
    SOURCES ${PROJECT_SOURCE_DIR}/src/keys/postcard_test.cc
            ${PROJECT_SOURCE_DIR}/src/keys/keygen_test.cc
            ${PROJECT_SOURCE_DIR}/src/keys/height_constraints_test.cc
            ${PROJECT_SOURCE_DIR}/src/keys/verifying_key_test.cc
            ${PROJECT_SOURCE_DIR}/src/keys/verifying_key_check_test.cc
            ${PROJECT_SOURCE_DIR}/src/keys/golden_keys_test.cc
    LIBRARIES gyre_test_support gyre_airs gyre_prover nlohmann_json::nlohmann_json)
endif()
