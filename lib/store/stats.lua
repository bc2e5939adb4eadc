#!lua flags=no-writes
-- One webhook's figures.   KEYS stats, dead, backlog
-- SPDX-License-Identifier: Apache-2.0
return {redis.call('HGETALL', KEYS[1]), redis.call('ZCARD', KEYS[2]),
	redis.call('ZCARD', KEYS[3])}
