#!lua flags=allow-oom
-- Renews one process's record and answers with all that are fresh.
-- KEYS: processes, owners. ARGV: instance (empty: none), record, fresh for ms,
-- kept for ms. Answer: {ms of Redis' clock, {record, ...}, {partition, owner, ...}}
-- SPDX-License-Identifier: Apache-2.0
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
if ARGV[1] ~= '' then
	redis.call('HSET', KEYS[1], ARGV[1],
		string.format('%.0f', now) .. ' ' .. ARGV[2])
end
local all = redis.call('HGETALL', KEYS[1])
local fresh = {}
for i = 1, #all, 2 do
	local seen = tonumber(string.match(all[i + 1], '^(%d+) '))
	if not seen or now - seen > tonumber(ARGV[4]) then
		redis.call('HDEL', KEYS[1], all[i])
	elseif now - seen <= tonumber(ARGV[3]) then
		fresh[#fresh + 1] = all[i + 1]
	end
end
return {now, fresh, redis.call('HGETALL', KEYS[2])}
