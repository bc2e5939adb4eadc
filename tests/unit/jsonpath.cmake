postrider_test(jsonpath_test jsonpath)
postrider_test(capture_test jsonpath)
