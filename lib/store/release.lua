-- Gives a lease back.   KEYS lease epoch   ARGV instance, fence
-- Of the fence only the number stays: it refuses whoever still has the whole of it, and a
-- router of the version before, which knows numbers only, can take the partition.
-- SPDX-License-Identifier: Apache-2.0
if redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('GET', KEYS[2]) == ARGV[2] then
	redis.call('DEL', KEYS[1])
	redis.call('SET', KEYS[2], string.match(ARGV[2], '^%d+'))
	return 1
end
return 0
