#!lua flags=allow-oom
-- Notes webhooks that are about to be deleted, for what they leave to be purged.
-- KEYS purge   ARGV now in ms, ids of webhooks ...
-- SPDX-License-Identifier: Apache-2.0
for i = 2, #ARGV do
	redis.call('ZADD', KEYS[1], ARGV[1], ARGV[i])
end
return #ARGV - 1
