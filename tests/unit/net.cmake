postrider_test(target_test net)
postrider_test(url_test net PkgConfig::CURL)
postrider_test(egress_test net)
postrider_test(retry_after_test net)
