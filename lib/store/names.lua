-- Notes that events of a name have been published in a project.
-- KEYS names, samples, counts
-- ARGV name, time of the newest in ms, how many, sample ("keep": as it is, "drop":
--   none), how long a name is kept in ms, how many names a project may have
-- SPDX-License-Identifier: Apache-2.0
local name, keep = ARGV[1], tonumber(ARGV[5])
redis.call('ZADD', KEYS[1], 'GT', ARGV[2], name)
redis.call('HINCRBY', KEYS[3], name, ARGV[3])
if ARGV[4] == 'drop' then
	redis.call('HDEL', KEYS[2], name)
elseif ARGV[4] ~= 'keep' then
	redis.call('HSET', KEYS[2], name, ARGV[4])
end
local function forget(names)
	for _, old in ipairs(names) do
		redis.call('ZREM', KEYS[1], old)
		redis.call('HDEL', KEYS[2], old)
		redis.call('HDEL', KEYS[3], old)
	end
end
local limit = string.format('(%.0f', tonumber(ARGV[2]) - keep)
forget(redis.call('ZRANGE', KEYS[1], '-inf', limit, 'BYSCORE', 'LIMIT', 0, 100))
local excess = redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[6])
if excess > 0 then
	forget(redis.call('ZRANGE', KEYS[1], 0, excess - 1))
end
for _, key in ipairs(KEYS) do
	redis.call('PEXPIRE', key, keep)
end
