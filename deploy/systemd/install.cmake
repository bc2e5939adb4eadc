# Writes the units with the directory of the programs in them. Run by the installation.
set(BIN ${CMAKE_INSTALL_PREFIX}/bin)
set(DOCS file://${CMAKE_INSTALL_PREFIX}/share/doc/postrider/operations.md)
file(READ ${POSTRIDER_SYSTEMD}/sandbox.conf SANDBOX)
string(STRIP "${SANDBOX}" SANDBOX)
file(GLOB units RELATIVE ${POSTRIDER_SYSTEMD} ${POSTRIDER_SYSTEMD}/*.service
	${POSTRIDER_SYSTEMD}/*.target)
foreach(unit ${units})
	configure_file(${POSTRIDER_SYSTEMD}/${unit} ${POSTRIDER_WORK}/units/${unit} @ONLY)
	file(INSTALL DESTINATION ${CMAKE_INSTALL_PREFIX}/lib/systemd/system TYPE FILE
		FILES ${POSTRIDER_WORK}/units/${unit})
endforeach()
# Only a system's own prefix has /etc; all others have the file as an example.
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
	file(INSTALL DESTINATION /etc/postrider TYPE FILE
		FILES ${POSTRIDER_SYSTEMD}/postrider.conf)
endif()
