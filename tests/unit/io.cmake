postrider_test(redis_url_test io)
postrider_test(redis_test io)
