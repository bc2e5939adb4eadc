#!lua flags=allow-oom
-- SPDX-License-Identifier: Apache-2.0
-- Takes or renews a partition's lease.
-- KEYS lease epoch seq held due backlogs chains putoffs flush claim
-- ARGV instance, my fence ('': none), lease ms, a word that nobody uses twice, numbers of the
--   log to leave out
-- Answers {epoch, newest log number, fresh} and, when not fresh, {..., the last flush, the last
--   claim}; when fresh, {..., ms that what an earlier life has handed out may still be
--   started, {webhooks with a backlog}, {with chains}, {with some put off}}.
--
-- epoch 0 in the answer: another router holds it. fresh 1: a new epoch, begin anew. A fence
-- is "<epoch> <word>": a Redis that has lost the newest lease counts the same epoch again,
-- for another router.
-- A lease that ran out while nobody else took it is renewed under its old epoch, so
-- that what its router could not write during an outage is not refused.
local holder = redis.call('GET', KEYS[1])
local fence = redis.call('GET', KEYS[2]) or ''
local newest = tonumber(string.match(fence, '^%d+') or '0')

local function taken()
	redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
	if ARGV[5] == '0' then
		return tonumber(redis.call('GET', KEYS[3]) or '0')
	end
	return redis.call('INCRBY', KEYS[3], ARGV[5])
end

if ARGV[2] ~= '' and ARGV[2] == fence then
	return {newest, taken(), 0, redis.call('GET', KEYS[9]) or '',
		redis.call('GET', KEYS[10]) or ''}
end
-- The same name under another epoch is an earlier life of this router.
if holder and holder ~= ARGV[1] then
	return {0, tonumber(redis.call('GET', KEYS[3]) or '0'), 0}
end
local epoch = newest + 1
redis.call('SET', KEYS[2], string.format('%.0f ', epoch) .. ARGV[4])
local left = redis.call('PTTL', KEYS[1])
local seq = taken()
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
