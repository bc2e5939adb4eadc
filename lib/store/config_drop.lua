#!lua flags=allow-oom
-- Removes a project with its webhooks, credentials and keys.
-- KEYS projects, webhooks, credentials, keys, names, disabled, version
-- ARGV channel, project, the beginning of names of credentials, number of webhooks, of
--   credentials, ids of webhooks ..., of credentials ..., of keys ...
-- Answers the version; 0 when there is no such project.
-- SPDX-License-Identifier: Apache-2.0
if redis.call('HDEL', KEYS[1], ARGV[2]) == 0 then
	return 0
end
local version
local function changed(kind, id)
	version = redis.call('INCR', KEYS[7])
	redis.call('PUBLISH', ARGV[1], version .. ' ' .. kind .. ' ' .. id)
end
local function drop_named(key, beginning, id)
	local text = redis.call('HGET', key, id)
	local ok, doc = pcall(cjson.decode, text or '')
	if ok and doc.name then
		redis.call('HDEL', KEYS[5], beginning .. ARGV[2] .. '/' .. doc.name)
	end
	redis.call('HDEL', key, id)
end
local credentials = 6 + tonumber(ARGV[4])
local keys = credentials + tonumber(ARGV[5])
for i = 6, credentials - 1 do
	drop_named(KEYS[2], '', ARGV[i])
	redis.call('HDEL', KEYS[6], ARGV[i])
	changed('webhook', ARGV[i])
end
for i = credentials, keys - 1 do
	drop_named(KEYS[3], ARGV[3], ARGV[i])
	changed('credential', ARGV[i])
end
for i = keys, #ARGV do
	redis.call('HDEL', KEYS[4], ARGV[i])
	changed('key', ARGV[i])
end
changed('project', ARGV[2])
return version
