foreach(theme data date number text)
	postrider_test(helper_${theme}_test template)
endforeach()
