# Fails unless the overview names every room, that is every folder of sources.
# cmake -D ROOT= -P check_overview.cmake
file(READ ${ROOT}/docs/overview.md overview)
file(GLOB entries RELATIVE ${ROOT} ${ROOT}/* ${ROOT}/src/* ${ROOT}/src/backend/*
  ${ROOT}/src/protocol/* ${ROOT}/include/gyre/*)
list(REMOVE_ITEM entries src include)
set(absent)
foreach(entry ${entries})
  file(GLOB sources ${ROOT}/${entry}/*.h ${ROOT}/${entry}/*.cc ${ROOT}/${entry}/CMakeLists.txt)
  get_filename_component(room ${entry} NAME)
  string(FIND "${overview}" "`${room}/`" position)
  if(sources AND position EQUAL -1)
    list(APPEND absent ${entry})
  endif()
endforeach()
if(absent)
  message(FATAL_ERROR "docs/overview.md does not name ${absent}")
endif()
