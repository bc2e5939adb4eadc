#!lua flags=allow-oom
-- Takes or renews a partition's lease.
-- KEYS lease epoch seq held due backlogs chains putoffs
-- ARGV instance, my epoch (0: none), lease ms
-- Answers {epoch, newest log number, fresh} and, when fresh, {..., ms that what an earlier
-- life has handed out may still be started, {webhooks with a backlog}, {with chains}, {with some
--   put off}}.
--
-- epoch 0 in the answer: another router holds it. fresh 1: a new epoch, begin anew.
-- A lease that ran out while nobody else took it is renewed under its old epoch, so
-- that what its router could not write during an outage is not refused.
-- SPDX-License-Identifier: Apache-2.0
local holder = redis.call('GET', KEYS[1])
local newest = tonumber(redis.call('GET', KEYS[2]) or '0')
local mine = tonumber(ARGV[2])
local seq = tonumber(redis.call('GET', KEYS[3]) or '0')

if mine > 0 and mine == newest then
	redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
	return {mine, seq, 0}
end
-- The same name under another epoch is an earlier life of this router.
if holder and holder ~= ARGV[1] then
	return {0, seq, 0}
end
local epoch = redis.call('INCR', KEYS[2])
local left = redis.call('PTTL', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
-- What the last router held in memory is due again.
while true do
	local held = redis.call('ZRANGE', KEYS[4], 0, 499, 'WITHSCORES')
	if #held == 0 then
		break
	end
	for i = 1, #held, 2 do
		redis.call('ZADD', KEYS[5], held[i + 1], held[i])
		redis.call('ZREM', KEYS[4], held[i])
	end
end
return {epoch, seq, 1, left, redis.call('SMEMBERS', KEYS[6]),
	redis.call('SMEMBERS', KEYS[7]), redis.call('SMEMBERS', KEYS[8])}
