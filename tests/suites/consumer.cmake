# Installed package. Sanitizers would have to be passed on to the consumers: left out there.
if(GYRE_BUILD_PROVER AND GYRE_SANITIZE STREQUAL "")
  add_test(NAME consumer COMMAND ${CMAKE_COMMAND}
    -DBUILD_DIR=${CMAKE_BINARY_DIR} -DWORK_DIR=${CMAKE_CURRENT_BINARY_DIR}/consumer
    -DSOURCE_DIR=${CMAKE_CURRENT_SOURCE_DIR}/consumer -DDATA_DIR=${CMAKE_CURRENT_SOURCE_DIR}/data
    -DCXX=${CMAKE_CXX_COMPILER} -DGENERATOR=${CMAKE_GENERATOR}
    -P ${CMAKE_CURRENT_SOURCE_DIR}/consumer/run.cmake)
  set_tests_properties(consumer PROPERTIES TIMEOUT 1800)
endif()
