#!lua flags=allow-oom
-- Moves deliveries whose time has come to "held" and hands them over.
-- KEYS epoch source held delivery event backlogs
-- ARGV epoch, highest score, how many, how many bytes, webhook (a backlog's) or ''
-- What was replayed stands 10^15 ms behind in a backlog (BACKLOG_BEHIND_MS), so that what
-- arrives goes first; in "held" it has its own time again.
-- Answers {score of the next one or -1, id, score, record, event frame, ...}.
-- SPDX-License-Identifier: Apache-2.0
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
	return redis.error_reply('FENCED another router holds the partition')
end
local ids = redis.call('ZRANGE', KEYS[2], '-inf', ARGV[2], 'BYSCORE', 'LIMIT', 0,
	ARGV[3], 'WITHSCORES')
local answer, bytes = {-1}, 0
for i = 1, #ids, 2 do
	local id, score = ids[i], ids[i + 1]
	local record = redis.call('HGET', KEYS[4], id)
	-- The event's id stands first in the record, behind head and lengths.
	local at = record and string.find(record, '\196\16', 1, true)
	local frame = at and redis.call('HGET', KEYS[5], string.sub(record, at + 2, at + 17))
	redis.call('ZREM', KEYS[2], id)
	if frame then
		redis.call('ZADD', KEYS[3], tonumber(score) < 1e15 and score or score - 1e15, id)
		answer[#answer + 1] = id
		answer[#answer + 1] = score
		answer[#answer + 1] = record
		answer[#answer + 1] = frame
		bytes = bytes + #frame
	elseif record then
		redis.call('HDEL', KEYS[4], id)
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
