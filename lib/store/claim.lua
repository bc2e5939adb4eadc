#!lua flags=allow-oom
-- Moves deliveries whose time has come to "held" and hands them over. Those that go
-- together come together, whichever of them it is time for.
-- KEYS epoch source held delivery event backlogs parcel claim
-- ARGV fence, highest score, how many, how many bytes, webhook (a backlog's) or '', number of
--   this claim in its epoch
-- What was replayed stands 10^15 ms behind in a backlog (BACKLOG_BEHIND_MS), so that what
-- arrives goes first; in "held" it has its own time again.
-- Answers {score of the next one or -1, id, score, record, event frame, parcel, ...}:
-- parcel is the first one's id, the same for all that go together and stand one after the
-- other, or ''.
-- SPDX-License-Identifier: Apache-2.0
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
	return redis.error_reply('FENCED another router holds the partition')
end
local parcel = KEYS[7]
local some = redis.call('EXISTS', parcel) == 1
local ids = redis.call('ZRANGE', KEYS[2], '-inf', ARGV[2], 'BYSCORE', 'LIMIT', 0,
	ARGV[3], 'WITHSCORES')
-- What has been handed over is with its router: after a loss of data it asks for this.
if #ids > 0 then
	redis.call('SET', KEYS[8], ARGV[1] .. ' ' .. ARGV[6])
end
local answer, bytes, seen = {-1}, 0, {}

local function hand_over(id, score, first)
	local record = redis.call('HGET', KEYS[4], id)
	-- The event's id stands first in the record, behind head and lengths.
	local at = record and string.find(record, '\196\16', 1, true)
	local frame = at and redis.call('HGET', KEYS[5], string.sub(record, at + 2, at + 17))
	redis.call('ZREM', KEYS[2], id)
	seen[id] = true
	if frame then
		redis.call('ZADD', KEYS[3], tonumber(score) < 1e15 and score or score - 1e15, id)
		answer[#answer + 1] = id
		answer[#answer + 1] = score
		answer[#answer + 1] = record
		answer[#answer + 1] = frame
		answer[#answer + 1] = first
		bytes = bytes + #frame
	elseif record then
		redis.call('HDEL', KEYS[4], id)
	end
end

-- All that go with it and are still there; who has left them is forgotten. Empty when it
-- goes by itself.
local function together(id)
	local all = redis.call('HGET', parcel, id)
	if all and string.sub(all, 1, 16) ~= id then
		all = redis.call('HGET', parcel, string.sub(all, 1, 16))
		if not all then
			redis.call('HDEL', parcel, id)
		end
	end
	if not all then
		return {}
	end
	local here = {}
	for at = 1, #all, 16 do
		local member = string.sub(all, at, at + 15)
		if redis.call('ZSCORE', KEYS[2], member) then
			here[#here + 1] = member
		end
	end
	if #here * 16 < #all then
		for at = 1, #all, 16 do
			redis.call('HDEL', parcel, string.sub(all, at, at + 15))
		end
		for i = 2, #here do
			redis.call('HSET', parcel, here[i], here[1])
		end
		redis.call('HSET', parcel, here[1], table.concat(here))
	end
	return here
end

for i = 1, #ids, 2 do
	local id, score = ids[i], ids[i + 1]
	local here = some and not seen[id] and together(id) or {}
	for _, member in ipairs(here) do
		hand_over(member, score, here[1])
	end
	if not seen[id] then
		hand_over(id, score, '')
	end
	if bytes >= tonumber(ARGV[4]) then
		break
	end
end
local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
if #first > 0 then
	answer[1] = tonumber(first[2])
elseif ARGV[5] ~= '' then
	redis.call('SREM', KEYS[6], ARGV[5])
end
return answer
