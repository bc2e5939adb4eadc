postrider_test(redis_url_test io)
postrider_test(redis_test io)
postrider_test(pipe_test io)
postrider_test(http_server_test io)
