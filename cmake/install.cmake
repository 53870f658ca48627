# Installation, and the package that find_package(gyre) finds. Components: verifier (needs Highway
# alone), prover, airs, bundle; without a list, all that were built.
include(CMakePackageConfigHelpers)

set(gyre_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/gyre)
install(DIRECTORY include/gyre DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

# One export set per component, so that asking for the verifier does not ask for its users' needs.
foreach(component verifier prover airs bundle)
  if(TARGET gyre_${component})
    install(TARGETS gyre_${component} EXPORT gyre_${component}_targets
      ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
      LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
    install(EXPORT gyre_${component}_targets FILE gyre-${component}.cmake NAMESPACE gyre::
      DESTINATION ${gyre_package_dir})
  endif()
endforeach()
# Loaded by gyre::prover when it is asked for: no target, and nothing misses it.
if(TARGET gyre_cuda)
  install(TARGETS gyre_cuda LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/gyre OPTIONAL)
endif()
if(TARGET gyre_cli)
  install(TARGETS gyre_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

configure_package_config_file(cmake/gyre-config.cmake.in ${CMAKE_BINARY_DIR}/gyre-config.cmake
  INSTALL_DESTINATION ${gyre_package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/gyre-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/gyre-config.cmake ${CMAKE_BINARY_DIR}/gyre-config-version.cmake
  DESTINATION ${gyre_package_dir})
install(FILES LICENSE-MIT LICENSE-APACHE DESTINATION ${CMAKE_INSTALL_DATADIR}/licenses/gyre)
