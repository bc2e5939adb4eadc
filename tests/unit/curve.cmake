postrider_test(certificate_test curve)
postrider_test(keyring_test curve)
