# Options, flags, libraries, and the helpers that the directories use.

option(POSTRIDER_TESTS "build the tests and their tools" ON)
option(POSTRIDER_WERROR "warnings are errors (CI)" OFF)
option(POSTRIDER_FUZZ "build libFuzzer targets (clang)" OFF)
set(POSTRIDER_SANITIZE "" CACHE STRING "value for -fsanitize=, empty for none")

if(NOT CMAKE_BUILD_TYPE)
	set(CMAKE_BUILD_TYPE Release)
endif()

add_compile_definitions(_GNU_SOURCE POSTRIDER_VERSION="${PROJECT_VERSION}")
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla
	-Wformat=2 -Wmissing-prototypes -Wstrict-prototypes
	-fstack-protector-strong -fno-strict-aliasing)
if(POSTRIDER_WERROR)
	add_compile_options(-Werror)
endif()
set(CMAKE_C_FLAGS_RELEASE "-O2 -g")
if(CMAKE_BUILD_TYPE STREQUAL "Release")
	add_compile_definitions(_FORTIFY_SOURCE=2)
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
add_link_options(-pie -Wl,-z,relro,-z,now)
if(POSTRIDER_SANITIZE)
	add_compile_options(-fsanitize=${POSTRIDER_SANITIZE} -fno-omit-frame-pointer
		-fno-sanitize-recover=all)
	add_link_options(-fsanitize=${POSTRIDER_SANITIZE})
endif()

find_package(PkgConfig REQUIRED)
pkg_check_modules(UV REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(ZMQ REQUIRED IMPORTED_TARGET libzmq)
pkg_check_modules(CZMQ REQUIRED IMPORTED_TARGET libczmq)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
# hiredis has TLS from 1.0 on: Debian 13 has it, Debian 12 not.
pkg_check_modules(HIREDIS_SSL IMPORTED_TARGET hiredis_ssl)
pkg_check_modules(SSL REQUIRED IMPORTED_TARGET libssl)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto)
pkg_check_modules(MHD REQUIRED IMPORTED_TARGET libmicrohttpd)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(YAJL REQUIRED IMPORTED_TARGET yajl)
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8)
pkg_check_modules(GLIB REQUIRED IMPORTED_TARGET glib-2.0)
# Debian 12 calls it msgpack, Debian 13 msgpack-c.
pkg_search_module(MSGPACK REQUIRED IMPORTED_TARGET msgpack-c msgpack)
# Debian 13's names "include", relative to nothing; /usr/include is looked at anyway.
get_target_property(dirs PkgConfig::MSGPACK INTERFACE_INCLUDE_DIRECTORIES)
if(dirs)
	list(FILTER dirs INCLUDE REGEX "^/")
	set_property(TARGET PkgConfig::MSGPACK PROPERTY INTERFACE_INCLUDE_DIRECTORIES ${dirs})
endif()

# A library of ours: postrider_library(name SOURCES … LINK …). Its include root is
# the parent directory, so that files are named as "base/buf.h", "proto/message.h".
function(postrider_library name)
	cmake_parse_arguments(A "" "ROOT" "SOURCES;LINK" ${ARGN})
	add_library(${name} STATIC ${A_SOURCES})
	target_include_directories(${name} PUBLIC ${A_ROOT})
	target_link_libraries(${name} PUBLIC ${A_LINK})
endfunction()

# A program: its modules as a static library <name>_modules, which unit tests may
# link, and main.c on top.
function(postrider_program name directory)
	cmake_parse_arguments(A "" "" "SOURCES;LINK" ${ARGN})
	add_library(${name}_modules STATIC ${A_SOURCES})
	target_include_directories(${name}_modules PUBLIC ${directory})
	target_link_libraries(${name}_modules PUBLIC ${A_LINK})
	add_executable(${name} ${directory}/main.c)
	target_link_libraries(${name} PRIVATE ${name}_modules)
	install(TARGETS ${name} RUNTIME DESTINATION bin)
endfunction()

# A unit test with cmocka: postrider_test(buf_test base) builds buf_test.c.
function(postrider_test name)
	add_executable(${name} ${name}.c)
	target_link_libraries(${name} PRIVATE ${ARGN} PkgConfig::CMOCKA)
	add_test(NAME ${name} COMMAND ${name})
	set_tests_properties(${name} PROPERTIES TIMEOUT 180)
endfunction()

# Lua scripts become C strings in the build tree: postrider_lua(store dir) makes
# scripts.inc with one "static const char lua_<name>[]" for each dir/<name>.lua.
function(postrider_lua target directory)
	file(GLOB scripts CONFIGURE_DEPENDS ${directory}/*.lua)
	set(out ${CMAKE_CURRENT_BINARY_DIR}/generated/${target}_scripts.inc)
	add_custom_command(OUTPUT ${out}
		COMMAND ${CMAKE_COMMAND} -DOUT=${out} "-DSCRIPTS=${scripts}"
			-P ${PROJECT_SOURCE_DIR}/lib/cmake/lua.cmake
		DEPENDS ${scripts} ${PROJECT_SOURCE_DIR}/lib/cmake/lua.cmake VERBATIM)
	target_sources(${target} PRIVATE ${out})
	target_include_directories(${target} PRIVATE
		${CMAKE_CURRENT_BINARY_DIR}/generated)
endfunction()
