#!lua flags=no-writes
-- What is kept for journey calls: of each key all fields and values, in turn.
-- KEYS hashes
-- SPDX-License-Identifier: Apache-2.0
local answer = {}
for i, key in ipairs(KEYS) do
	answer[i] = redis.call('HLEN', key) > 0 and redis.call('HGETALL', key) or {}
end
return answer
