# Packs what has changed, in the package and in the program, as Debian wants it. Run by the
# installation.
function(pack from name)
	execute_process(COMMAND gzip -9nc ${from} OUTPUT_FILE ${POSTRIDER_WORK}/${name}
		COMMAND_ERROR_IS_FATAL ANY)
	file(INSTALL DESTINATION ${CMAKE_INSTALL_PREFIX}/share/doc/${POSTRIDER_PACKAGE} TYPE FILE
		FILES ${POSTRIDER_WORK}/${name})
endfunction()
pack(${POSTRIDER_CHANGES} changelog.gz)
pack(${POSTRIDER_WORK}/changelog changelog.Debian.gz)
