-- SPDX-License-Identifier: Apache-2.0
-- May this process ask the token server?
-- KEYS grants serials lock
-- ARGV credential, who asks, for how long in ms, serial of the grant as it knows it
-- Answers {"newer", serial, grant}: look at that first; {"busy", ms}: another one asks;
-- {"yours"}.
local serial = redis.call('HGET', KEYS[2], ARGV[1]) or '0'
if serial ~= ARGV[4] then
	return {'newer', serial, redis.call('HGET', KEYS[1], ARGV[1]) or ''}
end
local holder = redis.call('GET', KEYS[3])
if holder and holder ~= ARGV[2] then
	return {'busy', redis.call('PTTL', KEYS[3])}
end
redis.call('SET', KEYS[3], ARGV[2], 'PX', ARGV[3])
return {'yours'}
