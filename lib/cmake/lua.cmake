# Writes each script of SCRIPTS as a C array of bytes to OUT. Run with cmake -P.
set(text "/* Made from the .lua files; see lib/cmake/lua.cmake. */\n")
foreach(script ${SCRIPTS})
	get_filename_component(name ${script} NAME_WE)
	file(READ ${script} hex HEX)
	string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
	string(APPEND text "static const char lua_${name}[] = {${bytes}0};\n")
endforeach()
file(WRITE ${OUT} "${text}")
