#!lua flags=allow-oom
-- Removes a project with its webhooks and keys.
-- KEYS projects, webhooks, keys, names, disabled, version
-- ARGV channel, project, number of webhooks, their ids ..., ids of keys ...
-- Answers the version; 0 when there is no such project.
-- SPDX-License-Identifier: Apache-2.0
if redis.call('HDEL', KEYS[1], ARGV[2]) == 0 then
	return 0
end
local version
local function changed(kind, id)
	version = redis.call('INCR', KEYS[6])
	redis.call('PUBLISH', ARGV[1], version .. ' ' .. kind .. ' ' .. id)
end
local webhooks = tonumber(ARGV[3])
for i = 4, 3 + webhooks do
	local text = redis.call('HGET', KEYS[2], ARGV[i])
	local ok, doc = pcall(cjson.decode, text or '')
	if ok and doc.name then
		redis.call('HDEL', KEYS[4], ARGV[2] .. '/' .. doc.name)
	end
	redis.call('HDEL', KEYS[2], ARGV[i])
	redis.call('HDEL', KEYS[5], ARGV[i])
	changed('webhook', ARGV[i])
end
for i = 4 + webhooks, #ARGV do
	redis.call('HDEL', KEYS[3], ARGV[i])
	changed('key', ARGV[i])
end
changed('project', ARGV[2])
return version
