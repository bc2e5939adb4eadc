# Writes the manual pages. Run by the installation.
set(DOCS ${CMAKE_INSTALL_PREFIX}/share/doc/postrider)

function(page template section)
	string(TOUPPER ${PROGRAM} UPPER)
	set(made ${POSTRIDER_WORK}/man/${PROGRAM}.${section})
	configure_file(${POSTRIDER_MAN}/${template} ${made} @ONLY)
	execute_process(COMMAND gzip -9nc ${made} OUTPUT_FILE ${made}.gz
		COMMAND_ERROR_IS_FATAL ANY)
	file(INSTALL DESTINATION ${CMAKE_INSTALL_PREFIX}/share/man/man${section} TYPE FILE
		FILES ${made}.gz)
endfunction()

set(PROGRAM postrider)
page(postrider.1.in 1)
foreach(service "ingest;takes events, stores them, then answers"
		"router;matches events to webhooks, queues, schedules, settles"
		"tokens;gets the access tokens that OAuth 2.0 webhooks need"
		"sender;makes the HTTP requests that webhooks need"
		"console;the REST API, and the test inbox")
	list(GET service 0 name)
	list(GET service 1 WHAT)
	set(PROGRAM postrider-${name})
	page(service.8.in 8)
endforeach()
