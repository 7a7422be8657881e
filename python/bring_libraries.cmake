# Copies the shared libraries that `built` needs into the wheel, but for those that every Linux has.
file(GET_RUNTIME_DEPENDENCIES LIBRARIES ${built} RESOLVED_DEPENDENCIES_VAR found UNRESOLVED_DEPENDENCIES_VAR unresolved
     PRE_EXCLUDE_REGEXES "^lib(c|m|dl|rt|pthread|gcc_s|stdc\\+\\+)\\.so" "^ld-linux" "^libdovetail")
if(unresolved)
  message(FATAL_ERROR "The wheel would lack ${unresolved}")
endif()
set(folder "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/dovetail/lib")
file(MAKE_DIRECTORY "${folder}")
foreach(library IN LISTS found)
  get_filename_component(name "${library}" NAME)
  get_filename_component(file "${library}" REALPATH)
  message(STATUS "Bringing: ${name}")
  file(COPY_FILE "${file}" "${folder}/${name}")
endforeach()
