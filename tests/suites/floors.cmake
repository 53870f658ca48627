# A room uses the floors below it.
add_test(NAME floors COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR}
  -P ${CMAKE_CURRENT_SOURCE_DIR}/scripts/check_floors.cmake)
