#!lua flags=allow-oom
-- Makes a dead or waiting delivery due now.
-- KEYS delivery, due, dead   ARGV id, now in ms
-- Answers 1, or 0 when it is neither.
-- SPDX-License-Identifier: Apache-2.0
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
	return 0
end
if redis.call('ZREM', KEYS[3], ARGV[1]) == 0 and
		not redis.call('ZSCORE', KEYS[2], ARGV[1]) then
	return 0
end
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
return 1
