-- SPDX-License-Identifier: Apache-2.0
-- Keeps a lock, or lets it go.
-- KEYS lock
-- ARGV who has it, for how long in ms; 0: it goes
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
	return 0
end
if ARGV[2] == '0' then
	return redis.call('DEL', KEYS[1])
end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
