#!lua flags=allow-oom
-- Makes, replaces or removes one document of the configuration.
-- KEYS documents, names, projects, disabled, version
-- ARGV kind, id, old text ('': must not be there), new text ('': remove), old and
--   new entry in names ('': none), project that must be there ('': none), 1 to clear
--   the reason it is disabled for, how many there may be, channel
-- Answers the version, or 'changed', 'name', 'project' or 'full' and does nothing.
-- SPDX-License-Identifier: Apache-2.0
if (redis.call('HGET', KEYS[1], ARGV[2]) or '') ~= ARGV[3] then
	return 'changed'
end
if ARGV[7] ~= '' and redis.call('HEXISTS', KEYS[3], ARGV[7]) == 0 then
	return 'project'
end
if ARGV[6] ~= '' and ARGV[6] ~= ARGV[5] and
		redis.call('HEXISTS', KEYS[2], ARGV[6]) == 1 then
	return 'name'
end
if ARGV[3] == '' and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[9]) then
	return 'full'
end
if ARGV[5] ~= '' then
	redis.call('HDEL', KEYS[2], ARGV[5])
end
if ARGV[6] ~= '' then
	redis.call('HSET', KEYS[2], ARGV[6], ARGV[2])
end
if ARGV[4] == '' then
	redis.call('HDEL', KEYS[1], ARGV[2])
else
	redis.call('HSET', KEYS[1], ARGV[2], ARGV[4])
end
if ARGV[8] == '1' then
	redis.call('HDEL', KEYS[4], ARGV[2])
end
local version = redis.call('INCR', KEYS[5])
redis.call('PUBLISH', ARGV[10], version .. ' ' .. ARGV[1] .. ' ' .. ARGV[2])
return version
