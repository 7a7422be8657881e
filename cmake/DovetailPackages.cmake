# The Debian packages that the build needs, each with a file that shows that it is there (third_party/README.md says what
# each is for). One message names all that are missing.
set(dovetail_needs
    fmt/core.h=libfmt-dev protozero/pbf_reader.hpp=libprotozero-dev flatbuffers/flatbuffers.h=libflatbuffers-dev
    flatc=flatbuffers-compiler xbyak/xbyak.h=libxbyak-dev hwy/highway.h=libhwy-dev cpuinfo.h=libcpuinfo-dev
    xxhash.h=libxxhash-dev re2/re2.h=libre2-dev nlohmann/json.hpp=nlohmann-json3-dev CLI/CLI.hpp=libcli11-dev)
# pip names its interpreter's headers, which Debian has in a package of their own.
if(SKBUILD AND Python_INCLUDE_DIR AND NOT EXISTS ${Python_INCLUDE_DIR}/Python.h)
  list(APPEND dovetail_needs Python.h=python3-dev)
endif()

macro(dovetail_say_missing)
  string(REPLACE ";" " " missing "${ARGN}")
  message(FATAL_ERROR "These Debian packages are missing; install them and try again (./dev build does it by itself):\n"
                      "    apt-get install --no-install-recommends ${missing}\n")
endmacro()

# Before project(), which only says that there is no compiler.
function(dovetail_check_compiler)
  find_program(DOVETAIL_ANY_COMPILER NAMES $ENV{CXX} c++ g++ clang++)
  mark_as_advanced(DOVETAIL_ANY_COMPILER)
  if(NOT DOVETAIL_ANY_COMPILER AND NOT CMAKE_CXX_COMPILER)
    set(all g++)
    foreach(need IN LISTS dovetail_needs)
      string(REGEX REPLACE ".*=" "" package ${need})
      list(APPEND all ${package})
    endforeach()
    dovetail_say_missing(${all})
  endif()
endfunction()

function(dovetail_check_packages)
  set(missing)
  foreach(need IN LISTS dovetail_needs)
    string(REGEX REPLACE "=.*" "" file ${need})
    string(REGEX REPLACE ".*=" "" package ${need})
    if(file MATCHES "\\.h")
      find_path(DOVETAIL_FOUND_${package} ${file})
    else()
      find_program(DOVETAIL_FOUND_${package} ${file})
    endif()
    mark_as_advanced(DOVETAIL_FOUND_${package})
    if(NOT DOVETAIL_FOUND_${package})
      list(APPEND missing ${package})
    endif()
  endforeach()
  if(missing)
    dovetail_say_missing(${missing})
  endif()
endfunction()

# pip names the compiler that its Python was made with. Where that is c++ under another name it is called c++, as in other
# builds: to ccache a name is a compiler of its own.
function(dovetail_name_compiler)
  find_program(named NAMES $ENV{CXX} NO_CACHE)
  find_program(usual NAMES c++ NO_CACHE)
  file(REAL_PATH "${named}" named_file)
  file(REAL_PATH "${usual}" usual_file)
  if(usual AND named_file STREQUAL usual_file)
    set(ENV{CXX} ${usual})
  endif()
endfunction()
