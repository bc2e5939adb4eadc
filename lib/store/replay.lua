#!lua flags=allow-oom
-- Makes the dead deliveries of a stretch of time due now, some at a time.
-- KEYS delivery, due, dead   ARGV since, until, now in ms, how many
-- Answers {how many were looked at, how many are due now}.
-- SPDX-License-Identifier: Apache-2.0
local ids = redis.call('ZRANGE', KEYS[3], ARGV[1], ARGV[2], 'BYSCORE', 'LIMIT', 0,
	ARGV[4])
local replayed = 0
for _, id in ipairs(ids) do
	redis.call('ZREM', KEYS[3], id)
	if redis.call('HEXISTS', KEYS[1], id) == 1 then
		redis.call('ZADD', KEYS[2], ARGV[3], id)
		replayed = replayed + 1
	end
end
return {#ids, replayed}
