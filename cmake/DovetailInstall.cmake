# cmake --install: libraries, headers, the command line, a CMake package (find_package(dovetail)) and a pkg-config file.
# compat/ adds its roots below tensorrt*/ and cuda/.
set(sdk_libraries dovetail_runtime)
if(TARGET dovetail)
  list(APPEND sdk_libraries dovetail)
endif()
install(TARGETS ${sdk_libraries} EXPORT dovetailTargets LIBRARY DESTINATION lib COMPONENT sdk
        INCLUDES DESTINATION include)
install(EXPORT dovetailTargets NAMESPACE dovetail:: DESTINATION lib/cmake/dovetail COMPONENT sdk)
install(DIRECTORY include/dovetail DESTINATION include COMPONENT sdk)

if(TARGET dovetail_image)  # opened by name, never linked
  install(TARGETS dovetail_image LIBRARY DESTINATION lib COMPONENT sdk NAMELINK_SKIP)
endif()

include(CMakePackageConfigHelpers)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/dovetailConfigVersion.cmake COMPATIBILITY SameMinorVersion)
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/dovetailConfig.cmake
     CONTENT "include(\"\${CMAKE_CURRENT_LIST_DIR}/dovetailTargets.cmake\")\n" @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/dovetailConfig.cmake ${CMAKE_BINARY_DIR}/dovetailConfigVersion.cmake
        DESTINATION lib/cmake/dovetail COMPONENT sdk)
configure_file(cmake/dovetail.pc.in ${CMAKE_BINARY_DIR}/dovetail.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/dovetail.pc DESTINATION lib/pkgconfig COMPONENT sdk)

foreach(program IN ITEMS dovetail_cli trtexec)
  if(TARGET ${program})
    set_target_properties(${program} PROPERTIES INSTALL_RPATH "$ORIGIN/../lib")
    install(TARGETS ${program} RUNTIME DESTINATION bin COMPONENT sdk)
  endif()
endforeach()
