#!lua flags=no-writes
-- A part of a webhook's chain, with the records of those that only the chain holds.
-- KEYS chain delivery due held backlog   ARGV the member to begin after, as hex, or '';
--   how many
-- Answers {id, member as hex, record or '', ...}.
-- SPDX-License-Identifier: Apache-2.0
local from = '-'
if ARGV[1] ~= '' then
	from = '(' .. string.gsub(ARGV[1], '..', function(hex)
		return string.char(tonumber(hex, 16))
	end)
end
local answer = {}
for _, member in ipairs(redis.call('ZRANGE', KEYS[1], from, '+', 'BYLEX', 'LIMIT', 0,
		ARGV[2])) do
	local id, record = string.sub(member, 17), ''
	if not redis.call('ZSCORE', KEYS[3], id) and not redis.call('ZSCORE', KEYS[4], id) and
			not redis.call('ZSCORE', KEYS[5], id) then
		record = redis.call('HGET', KEYS[2], id) or ''
	end
	answer[#answer + 1] = id
	answer[#answer + 1] = string.gsub(member, '.', function(byte)
		return string.format('%02x', string.byte(byte))
	end)
	answer[#answer + 1] = record
end
return answer
