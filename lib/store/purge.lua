#!lua flags=allow-oom
-- Removes what a deleted webhook has left: some of its dead deliveries at a time and,
-- after the last one, its figures. A router that has not yet heard of the deletion may
-- write more of both, so a webhook stays noted for a while.
-- KEYS delivery event ref dead stats purge putoff putoffs
-- ARGV webhook as noted in purge, how many (0: it has not been deleted), the time in ms
--   before which it must have been noted to be forgotten
-- Answers {how many dead ones are left, 1 if the webhook is no longer noted}.
-- SPDX-License-Identifier: Apache-2.0
local delivery, event, ref, dead = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local many = tonumber(ARGV[2])

-- As in settle.lua.
local function event_drop(id)
	local n = tonumber(redis.call('HGET', ref, id) or 1)
	if n <= 1 then
		redis.call('HDEL', event, id)
	elseif n == 2 then
		redis.call('HDEL', ref, id)
	else
		redis.call('HSET', ref, id, n - 1)
	end
end

if many > 0 then
	for _, id in ipairs(redis.call('ZRANGE', dead, 0, many - 1)) do
		local record = redis.call('HGET', delivery, id)
		redis.call('ZREM', dead, id)
		if record then
			-- The event's id stands first in the record, behind head and lengths.
			local at = string.find(record, '\196\16', 1, true)
			redis.call('HDEL', delivery, id)
			if at then
				event_drop(string.sub(record, at + 2, at + 17))
			end
		end
	end
end
local left = redis.call('ZCARD', dead)
if many > 0 and left > 0 then
	return {left, 0}
end
if many > 0 then
	redis.call('DEL', KEYS[5], KEYS[7])
	redis.call('SREM', KEYS[8], string.sub(ARGV[1], 4))
end
local noted = redis.call('ZSCORE', KEYS[6], ARGV[1])
if noted and tonumber(noted) >= tonumber(ARGV[3]) then
	return {left, 0}
end
redis.call('ZREM', KEYS[6], ARGV[1])
return {left, 1}
