-- append - adds one batch to a partition's log, once.
-- SPDX-License-Identifier: Apache-2.0
--
-- Answers {0, its number, 1}; {0, its number}: it was there already; or, when
-- idempotency keys are taken, does nothing and answers {1, place, id, place, id ...}:
-- the place of each taken key among those given, from 0, and the first event's id.
-- KEYS log seq in:<instance> idem...
-- ARGV "<boot> <batch number>", frame of events, idem ms, guard ms, numbers to leave out, 1 when
-- WAIT follows, id of each idem key's event
--
-- A batch that comes again, its connection having broken before the answer, is only
-- answered, and so is an older one that comes late. Within one life of an ingest
-- numbers grow; another life has another boot. The first write is the one that Redis refuses when it is full, so
-- nothing is ever half done.
--
-- The first append over a connection leaves out some million numbers: a Redis that has lost
-- the end of the log must not give its numbers to others.
--
-- WAIT waits for what its own connection has written, and what is found here others may have:
-- so that is touched.
local function touch(key, ms)
	if ARGV[6] == '1' then
		redis.call('PEXPIRE', key, ms)
	end
end

local last = redis.call('GET', KEYS[3])
if last then
	local boot, number, seq = string.match(last, '^(%d+) (%d+) (%d+)$')
	local my_boot, mine = string.match(ARGV[1], '^(%d+) (%d+)$')
	if boot == my_boot and tonumber(number) >= tonumber(mine) then
		touch(KEYS[3], ARGV[4])
		return {0, tonumber(seq)}
	end
end

local taken = {1}
for i = 4, #KEYS do
	local id = redis.call('GET', KEYS[i])
	if id then
		taken[#taken + 1] = i - 4
		taken[#taken + 1] = id
	end
end
if #taken > 1 then
	local key = KEYS[taken[2] + 4]
	touch(key, redis.call('PTTL', key))
	return taken
end

local seq = redis.call('INCRBY', KEYS[2], ARGV[5] + 1)
local text = string.format('%.0f', seq)
redis.call('XADD', KEYS[1], text .. '-0', 'b', ARGV[2])
for i = 4, #KEYS do
	redis.call('SET', KEYS[i], ARGV[i + 3], 'PX', ARGV[3])
end
redis.call('SET', KEYS[3], ARGV[1] .. ' ' .. text, 'PX', ARGV[4])
return {0, seq, 1}
