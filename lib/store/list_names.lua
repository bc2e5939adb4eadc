-- The event names that a project has published lately, in the order of their bytes.
-- KEYS names, samples, counts
-- ARGV the name after which to begin (empty: at the first), how many at most, times
--   before this in ms are too long ago
-- Answers name, time in ms, count, sample or nil, ...; one more name than asked for
-- says that there are more.
-- SPDX-License-Identifier: Apache-2.0
local seen = redis.call('ZRANGE', KEYS[1], ARGV[3], '+inf', 'BYSCORE', 'WITHSCORES')
local names, times, out = {}, {}, {}
for i = 1, #seen, 2 do
	if seen[i] > ARGV[1] then
		names[#names + 1] = seen[i]
		times[seen[i]] = seen[i + 1]
	end
end
table.sort(names)
for i = 1, math.min(#names, tonumber(ARGV[2]) + 1) do
	local name = names[i]
	out[#out + 1] = name
	out[#out + 1] = tonumber(times[name])
	out[#out + 1] = tonumber(redis.call('HGET', KEYS[3], name) or '0')
	out[#out + 1] = redis.call('HGET', KEYS[2], name)
end
return out
