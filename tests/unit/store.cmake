postrider_test(seal_test store)
postrider_test(webhook_test store)
postrider_test(config_test store)
postrider_test(registry_test store)
