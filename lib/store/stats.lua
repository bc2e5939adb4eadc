#!lua flags=no-writes
-- One webhook's figures.   KEYS stats, dead, backlog
return {redis.call('HGETALL', KEYS[1]), redis.call('ZCARD', KEYS[2]),
	redis.call('ZCARD', KEYS[3])}
