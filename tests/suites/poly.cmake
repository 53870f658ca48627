# Floors 0 and 1: field, hash, transcript, poly.
gyre_test(poly_test SOURCES ${PROJECT_SOURCE_DIR}/src/poly/ntt_test.cc
  ${PROJECT_SOURCE_DIR}/src/poly/kernels_test.cc LIBRARIES gyre_verifier)
