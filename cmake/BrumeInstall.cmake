# Installs the programs, the libraries and the contract, so that find_package(brume) works for plug-ins and embedders.
include(CMakePackageConfigHelpers)

set(brume_exported brume_core brume_configs brume_compression brume_algorithms brume_messages brume_aggregator
                   brume_client brume_federation brume_sim brume_records)
if(BRUME_LEARNING)
  list(APPEND brume_exported brume_learning)
endif()
install(TARGETS ${brume_exported} EXPORT brumeTargets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS brume_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY include/brume DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY configs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/brume/configs FILES_MATCHING PATTERN "*.yaml")
install(FILES cli/completions/brume.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME brume)
install(FILES cli/completions/_brume DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(EXPORT brumeTargets NAMESPACE brume:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/brume)

configure_package_config_file(cmake/brumeConfig.cmake.in ${CMAKE_BINARY_DIR}/brumeConfig.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/brume)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/brumeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/brumeConfig.cmake ${CMAKE_BINARY_DIR}/brumeConfigVersion.cmake cmake/FindLibTorch.cmake
              cmake/CheckLibTorch.cmake cmake/probe_libtorch.cpp
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/brume)
