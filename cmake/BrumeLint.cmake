# Targets `format`, `format-check` and `tidy`: clang-format and clang-tidy over the sources that git knows.
find_program(BRUME_CLANG_FORMAT NAMES clang-format clang-format-14)
find_program(BRUME_RUN_CLANG_TIDY NAMES run-clang-tidy run-clang-tidy-14)
set(brume_list_sources "git ls-files '*.cpp' '*.hpp'")
# clang 14 does not parse the headers of LibTorch 1.13 that these two need.
set(brume_not_tidied "^(tests|bench|cmake|examples)/|^learning/(network|operators)\\.cpp")

if(BRUME_CLANG_FORMAT)
  add_custom_target(format COMMAND sh -c "${brume_list_sources} | xargs ${BRUME_CLANG_FORMAT} -i"
                    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} VERBATIM)
  add_custom_target(format-check COMMAND sh -c "${brume_list_sources} | xargs ${BRUME_CLANG_FORMAT} --dry-run -Werror"
                    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} VERBATIM)
endif()
if(BRUME_RUN_CLANG_TIDY)
  add_custom_target(tidy
    COMMAND sh -c "git ls-files '*.cpp' | grep -vE '${brume_not_tidied}' | xargs ${BRUME_RUN_CLANG_TIDY} -quiet -p ${CMAKE_BINARY_DIR}"
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} VERBATIM)
endif()
