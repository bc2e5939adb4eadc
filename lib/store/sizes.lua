#!lua flags=no-writes
-- How much a partition holds.   KEYS log, due, held, delivery
-- SPDX-License-Identifier: Apache-2.0
return {redis.call('XLEN', KEYS[1]), redis.call('ZCARD', KEYS[2]),
	redis.call('ZCARD', KEYS[3]), redis.call('HLEN', KEYS[4])}
