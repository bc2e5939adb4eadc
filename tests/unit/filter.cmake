postrider_test(filter_test filter)
postrider_test(filter_set_test filter)
postrider_test(merge_test filter)
