#!lua flags=allow-oom
-- Takes deliveries that wait out of the queue: they are dead, as cancelled.
-- KEYS delivery dead stats attempts parcel chain due held backlog chains
-- ARGV now in ms, frame of their attempts, how many, webhook (26 characters), then of
--   each: id, record as it was read, record as it shall be, its member of the chain or ''
-- Answers the places (from 0) of those that wait no more or have changed, and then does
-- nothing; nothing, when all have been cancelled.
-- SPDX-License-Identifier: Apache-2.0
local parcel = KEYS[5]

-- Those that it would have gone with go on without it.
local function leave(id)
	local all = redis.call('HGET', parcel, id)
	local first = all and string.sub(all, 1, 16)
	if first and first ~= id then
		all = redis.call('HGET', parcel, first)
	end
	redis.call('HDEL', parcel, id)
	local rest = {}
	for at = 1, #(all or ''), 16 do
		local other = string.sub(all, at, at + 15)
		if other ~= id then
			rest[#rest + 1] = other
		end
	end
	for i = 2, first == id and #rest or 0 do
		redis.call('HSET', parcel, rest[i], rest[1])
	end
	if #rest > 0 then
		redis.call('HSET', parcel, rest[1], table.concat(rest))
	end
end

-- One that others follow, or that follows others, may stand in the chain alone.
local function waits(id, member)
	if redis.call('ZSCORE', KEYS[7], id) or redis.call('ZSCORE', KEYS[9], id) then
		return true
	end
	return member ~= '' and redis.call('ZSCORE', KEYS[6], member) and
		not redis.call('ZSCORE', KEYS[8], id)
end

-- The next of its key is due, unless it is on its way.
local function unchain(member)
	if member == '' or redis.call('ZREM', KEYS[6], member) == 0 then
		return
	end
	local hash = string.sub(member, 1, 8)
	local next = redis.call('ZRANGE', KEYS[6], '[' .. hash, '(' .. hash ..
		string.rep('\255', 25), 'BYLEX', 'LIMIT', 0, 1)[1]
	local id = next and string.sub(next, 17)
	if id and not redis.call('ZSCORE', KEYS[8], id) and
			not redis.call('ZSCORE', KEYS[9], id) then
		redis.call('ZADD', KEYS[7], 'NX', ARGV[1], id)
	elseif redis.call('EXISTS', KEYS[6]) == 0 then
		redis.call('SREM', KEYS[10], ARGV[4])
	end
end

local gone = {}
for i = 5, #ARGV, 4 do
	if not waits(ARGV[i], ARGV[i + 3]) or
			redis.call('HGET', KEYS[1], ARGV[i]) ~= ARGV[i + 1] then
		gone[#gone + 1] = (i - 5) / 4
	end
end
if #gone > 0 then
	return gone
end
for i = 5, #ARGV, 4 do
	-- Wherever it stands: it may have moved since it was read.
	redis.call('ZREM', KEYS[7], ARGV[i])
	redis.call('ZREM', KEYS[9], ARGV[i])
	unchain(ARGV[i + 3])
	redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 2])
	redis.call('ZADD', KEYS[2], ARGV[1], ARGV[i])
	leave(ARGV[i])
end
redis.call('HINCRBY', KEYS[3], 'dead', ARGV[3])
redis.call('XADD', KEYS[4], '*', 'a', ARGV[2], 'n', ARGV[3])
return gone
