-- append - adds one batch to a partition's log, once.
-- SPDX-License-Identifier: Apache-2.0
--
-- Answers {0, its number}, or, when
-- idempotency keys are taken, does nothing and answers {1, place, id, place, id ...}:
-- the place of each taken key among those given, from 0, and the first event's id.
-- KEYS log seq in:<instance> idem...
-- ARGV "<boot> <batch number>", frame of events, idem ms, guard ms, id of each idem
-- key's event
--
-- A batch that comes again, its connection having broken before the answer, is only
-- answered, and so is an older one that comes late. Within one life of an ingest
-- numbers grow; another life has another boot. The first write is the one that Redis refuses when it is full, so
-- nothing is ever half done.
local last = redis.call('GET', KEYS[3])
if last then
	local boot, number, seq = string.match(last, '^(%d+) (%d+) (%d+)$')
	local my_boot, mine = string.match(ARGV[1], '^(%d+) (%d+)$')
	if boot == my_boot and tonumber(number) >= tonumber(mine) then
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
	return taken
end

local seq = redis.call('INCR', KEYS[2])
local text = string.format('%.0f', seq)
redis.call('XADD', KEYS[1], text .. '-0', 'b', ARGV[2])
for i = 4, #KEYS do
	redis.call('SET', KEYS[i], ARGV[i + 1], 'PX', ARGV[3])
end
redis.call('SET', KEYS[3], ARGV[1] .. ' ' .. text, 'PX', ARGV[4])
return {0, seq}
