#!lua flags=no-writes
-- A part of a sorted set of deliveries, with their records.
-- KEYS set, delivery   ARGV from (a score or -inf, +inf), 1 for newest first, how
--   many of that score to leave out, how many
-- Answers {id, score, record or '', ...}.
-- SPDX-License-Identifier: Apache-2.0
local ids
if ARGV[2] == '1' then
	ids = redis.call('ZRANGE', KEYS[1], ARGV[1], '-inf', 'BYSCORE', 'REV', 'LIMIT',
		ARGV[3], ARGV[4], 'WITHSCORES')
else
	ids = redis.call('ZRANGE', KEYS[1], ARGV[1], '+inf', 'BYSCORE', 'LIMIT',
		ARGV[3], ARGV[4], 'WITHSCORES')
end
local answer = {}
for i = 1, #ids, 2 do
	answer[#answer + 1] = ids[i]
	answer[#answer + 1] = ids[i + 1]
	answer[#answer + 1] = redis.call('HGET', KEYS[2], ids[i]) or ''
end
return answer
