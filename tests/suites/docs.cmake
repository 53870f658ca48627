# What README and docs say about the tree is so: the example is examples/own_air.cc, and it works;
# every room has its line in the overview.
if(GYRE_BUILD_PROVER)
  add_subdirectory(${PROJECT_SOURCE_DIR}/examples ${PROJECT_BINARY_DIR}/examples)
  add_test(NAME example_own_air COMMAND own_air)
  set_tests_properties(example_own_air PROPERTIES PASS_REGULAR_EXPRESSION "^valid" TIMEOUT 1800)
endif()
add_test(NAME readme_example COMMAND ${CMAKE_COMMAND} -DREADME=${PROJECT_SOURCE_DIR}/README.md
  -DEXAMPLE=${PROJECT_SOURCE_DIR}/examples/own_air.cc
  -P ${CMAKE_CURRENT_SOURCE_DIR}/scripts/compare_readme.cmake)
add_test(NAME overview_names_every_room COMMAND ${CMAKE_COMMAND} -DROOT=${PROJECT_SOURCE_DIR}
  -P ${CMAKE_CURRENT_SOURCE_DIR}/scripts/check_overview.cmake)
