#!lua
-- Makes deliveries of kept events and puts them into their webhook's backlog. One that
-- has a record, as it waits or is dead, is left as it is.
-- KEYS delivery event ref backlog backlogs
-- ARGV score there, webhook (26 characters), then of each: id, event's id, record, event
-- Answers how many were made.
-- SPDX-License-Identifier: Apache-2.0
local made = 0
for i = 3, #ARGV, 4 do
	local id, event = ARGV[i], ARGV[i + 1]
	if redis.call('HSETNX', KEYS[1], id, ARGV[i + 2]) == 1 then
		-- As in settle.lua.
		if redis.call('HSETNX', KEYS[2], event, ARGV[i + 3]) == 0 then
			redis.call('HSET', KEYS[3], event,
				(redis.call('HGET', KEYS[3], event) or 1) + 1)
		end
		redis.call('ZADD', KEYS[4], ARGV[1], id)
		made = made + 1
	end
end
if made > 0 then
	redis.call('SADD', KEYS[5], ARGV[2])
end
return made
