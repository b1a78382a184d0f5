# brume_room(NAME SOURCES a.cpp … [PUBLIC target …] [PRIVATE target …])
# One library a room: target brume_NAME, alias brume::NAME. A room includes others as "room/header.hpp".
function(brume_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(brume_${name} STATIC ${ROOM_SOURCES})
  add_library(brume::${name} ALIAS brume_${name})
  target_include_directories(brume_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(brume_${name} PUBLIC brume::core ${ROOM_PUBLIC}
                        PRIVATE brume_compile_options brume_covered ${ROOM_PRIVATE})
endfunction()
