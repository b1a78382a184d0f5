# brume_compile_together(TARGET [APART a.cpp …]): with BRUME_UNITY, eight files are compiled as one, which parses the
# headers of Asio, CLI11 and JSON once for them. Files that use a name for something else than their neighbours stay apart.
function(brume_compile_together target)
  cmake_parse_arguments(TOGETHER "" "" "APART" ${ARGN})
  if(BRUME_UNITY)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
    set_source_files_properties(${TOGETHER_APART} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
endfunction()

# brume_room(NAME SOURCES a.cpp … [PUBLIC target …] [PRIVATE target …] [TOGETHER] [APART a.cpp …])
# One library a room: target brume_NAME, alias brume::NAME. A room includes others as "room/header.hpp". TOGETHER: its files
# may be compiled several at a time; not those of roles, of which tests put a defect into one and link the others.
function(brume_room name)
  cmake_parse_arguments(ROOM "TOGETHER" "" "SOURCES;PUBLIC;PRIVATE;APART" ${ARGN})
  add_library(brume_${name} STATIC ${ROOM_SOURCES})
  add_library(brume::${name} ALIAS brume_${name})
  target_include_directories(brume_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(brume_${name} PUBLIC brume::core ${ROOM_PUBLIC}
                        PRIVATE brume_compile_options brume_covered ${ROOM_PRIVATE})
  if(ROOM_TOGETHER)
    brume_compile_together(brume_${name} APART ${ROOM_APART})
  endif()
endfunction()
