# The Debian packages: cpack -G DEB in the build directory.
#
#   postrider        the programs, units of systemd, documentation
#   libpostrider0    the C library for publishers
#   libpostrider-dev what is needed to build with it
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME postrider)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "Postrider maintainers <postrider@localhost.localdomain>"
	CACHE STRING "whom the packages name as their maintainer")
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL postrider library development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_POSTRIDER_PACKAGE_NAME postrider)
set(CPACK_DEBIAN_POSTRIDER_PACKAGE_SECTION net)
set(CPACK_DEBIAN_POSTRIDER_DESCRIPTION "webhook delivery system
Postrider takes events over ZeroMQ or HTTP, finds the webhooks that want
each event, calls them, signs what it sends, and tries again until they
answer. It is a set of small processes; Redis holds what must not be lost.")
set(CPACK_DEBIAN_POSTRIDER_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_POSTRIDER_PACKAGE_DEPENDS "ca-certificates, tzdata, \
systemd | systemd-standalone-sysusers | systemd-sysusers")
set(CPACK_DEBIAN_POSTRIDER_PACKAGE_RECOMMENDS "redis-server (>= 5:7.0)")
set(CPACK_DEBIAN_POSTRIDER_PACKAGE_CONTROL_EXTRA
	"${CMAKE_CURRENT_LIST_DIR}/postinst;${CMAKE_CURRENT_LIST_DIR}/prerm;\
${CMAKE_CURRENT_LIST_DIR}/postrm;${CMAKE_CURRENT_LIST_DIR}/conffiles")

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libpostrider${PROJECT_VERSION_MAJOR})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_DESCRIPTION "publish events to Postrider
The library that programs in C publish events with, over ZeroMQ.")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA
	${CMAKE_CURRENT_BINARY_DIR}/debian/shlibs)

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libpostrider-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION "publish events to Postrider (development files)
What is needed to build programs that publish events to Postrider.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
	"libpostrider${PROJECT_VERSION_MAJOR} (= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")

# What Debian's tools want to know of each package.
string(TIMESTAMP built "%a, %d %b %Y %H:%M:%S +0000" UTC)
set(debian ${CMAKE_CURRENT_BINARY_DIR}/debian)
configure_file(debian/shlibs.in ${debian}/shlibs @ONLY)
configure_file(debian/changelog.in ${debian}/changelog @ONLY)
foreach(component ${CPACK_COMPONENTS_ALL})
	string(TOUPPER ${component} upper)
	set(package ${CPACK_DEBIAN_${upper}_PACKAGE_NAME})
	install(FILES debian/copyright DESTINATION share/doc/${package} COMPONENT ${component})
	install(CODE "set(POSTRIDER_PACKAGE ${package})
set(POSTRIDER_WORK \"${debian}\")
set(POSTRIDER_CHANGES \"${PROJECT_SOURCE_DIR}/CHANGELOG.md\")" COMPONENT ${component})
	install(SCRIPT debian/changelog.cmake COMPONENT ${component})
endforeach()
include(CPack)
