#!lua flags=allow-oom
-- Puts dead deliveries of one webhook into its backlog, from which the router takes them
-- as it has room, behind what arrives.
-- KEYS delivery dead backlog backlogs   ARGV score there, webhook (26 characters), then of
--   each: id, record as it shall be
-- Answers how many.
-- SPDX-License-Identifier: Apache-2.0
local replayed = 0
for i = 3, #ARGV, 2 do
	if redis.call('ZREM', KEYS[2], ARGV[i]) == 1 and
			redis.call('HEXISTS', KEYS[1], ARGV[i]) == 1 then
		redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
		redis.call('ZADD', KEYS[3], ARGV[1], ARGV[i])
		replayed = replayed + 1
	end
end
if replayed > 0 then
	redis.call('SADD', KEYS[4], ARGV[2])
end
return replayed
