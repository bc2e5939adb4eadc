-- SPDX-License-Identifier: Apache-2.0
-- What came of a request to a token server. It counts unless another process has asked
-- meanwhile: then this one has been away for longer than its lock.
-- KEYS grants serials lock
-- ARGV credential, who asked, serial that it knew, grant, channel
-- Answers the new serial; 0: it does not count.
local holder = redis.call('GET', KEYS[3])
local serial = redis.call('HGET', KEYS[2], ARGV[1]) or '0'
if serial ~= ARGV[3] or (holder and holder ~= ARGV[2]) then
	return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[4])
redis.call('DEL', KEYS[3])
redis.call('PUBLISH', ARGV[5], ARGV[1])
return redis.call('HINCRBY', KEYS[2], ARGV[1], 1)
