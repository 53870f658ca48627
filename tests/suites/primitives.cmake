# Floors 0 to 2 below the AIRs: field, hash, transcript, poly, stacking.
find_package(nlohmann_json REQUIRED)
gyre_test(primitives_test
  SOURCES ${PROJECT_SOURCE_DIR}/src/field/field_test.cc ${PROJECT_SOURCE_DIR}/src/hash/hash_test.cc
    ${PROJECT_SOURCE_DIR}/src/poly/ntt_test.cc ${PROJECT_SOURCE_DIR}/src/poly/kernels_test.cc
    ${PROJECT_SOURCE_DIR}/src/stacking/stacking_test.cc
  LIBRARIES gyre_verifier nlohmann_json::nlohmann_json)
