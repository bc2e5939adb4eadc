postrider_test(certificate_test curve)
postrider_test(keyring_test curve)
postrider_test(zap_test io)
postrider_test(pipe_curve_test io)
