#!lua flags=allow-oom
-- Disables a webhook: on the receiver's word, or after days of nothing but failures.
-- Answers 1; 0: it was disabled already.
-- KEYS disabled version   ARGV webhook (with prefix), reason, channel
-- SPDX-License-Identifier: Apache-2.0
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 0 then
	return 0
end
local version = redis.call('INCR', KEYS[2])
redis.call('PUBLISH', ARGV[3], version .. ' webhook ' .. ARGV[1])
return 1
