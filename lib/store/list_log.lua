#!lua flags=no-writes
-- Entries of a partition's log, oldest first, with what is settled of them.
-- KEYS log, mark   ARGV from (an entry's id or -), how many, how many bytes
-- Answers {id, frame, mark or '', ...}.
-- SPDX-License-Identifier: Apache-2.0
local answer, bytes = {}, 0
local from = ARGV[1]
for _ = 1, tonumber(ARGV[2]) do
	local entry = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', 1)[1]
	if not entry then
		break
	end
	local seq = string.match(entry[1], '^(%d+)')
	answer[#answer + 1] = entry[1]
	answer[#answer + 1] = entry[2][2]
	answer[#answer + 1] = redis.call('HGET', KEYS[2], seq) or ''
	bytes = bytes + #entry[2][2]
	if bytes >= tonumber(ARGV[3]) then
		break
	end
	from = '(' .. entry[1]
end
return answer
