postrider_test(unpack_test proto)
postrider_test(guard_test proto)
postrider_test(message_test proto)
postrider_test(golden_test proto)
target_compile_definitions(golden_test PRIVATE
	GOLDEN_DIR="${PROJECT_SOURCE_DIR}/tests/golden")
