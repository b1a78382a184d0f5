# Installs the program, its configurations, and what a plug-in needs: the contract and libbrume.so, so that
# find_package(brume) gives brume::plugin; and brume::simulation for programs that run one themselves. The rooms are the program's own and are not exported.
include(CMakePackageConfigHelpers)

install(TARGETS brume_core brume_plugin brume_testing_shared EXPORT brumeTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET brume_simulation)
  install(TARGETS brume_simulation EXPORT brumeTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
install(TARGETS brume_program brume_aggregator_program brume_fog_program brume_client_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY include/brume DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY configs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/brume/configs FILES_MATCHING PATTERN "*.yaml")
install(FILES cli/completions/brume.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME brume)
install(FILES cli/completions/_brume DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(EXPORT brumeTargets NAMESPACE brume:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/brume)

configure_package_config_file(cmake/brumeConfig.cmake.in ${CMAKE_BINARY_DIR}/brumeConfig.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/brume)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/brumeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/brumeConfig.cmake ${CMAKE_BINARY_DIR}/brumeConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/brume)
