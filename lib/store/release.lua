-- Gives a lease back.   KEYS lease epoch   ARGV instance, fence
-- SPDX-License-Identifier: Apache-2.0
if redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('GET', KEYS[2]) == ARGV[2] then
	redis.call('DEL', KEYS[1])
	return 1
end
return 0
