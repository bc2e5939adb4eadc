-- Keeps one request in an inbox, and the inboxes within their bounds.
-- KEYS inboxes   ARGV prefix, name, request, time, requests and bytes an inbox may
--   have, number of inboxes
-- SPDX-License-Identifier: Apache-2.0
local list = ARGV[1] .. ARGV[2]
local size = list .. ':bytes'
redis.call('ZADD', KEYS[1], ARGV[4], ARGV[2])
while redis.call('ZCARD', KEYS[1]) > tonumber(ARGV[7]) do
	local oldest = ARGV[1] .. redis.call('ZPOPMIN', KEYS[1])[1]
	redis.call('DEL', oldest, oldest .. ':bytes')
end
local n = redis.call('LPUSH', list, ARGV[3])
local bytes = redis.call('INCRBY', size, #ARGV[3])
while n > 1 and (n > tonumber(ARGV[5]) or bytes > tonumber(ARGV[6])) do
	bytes = redis.call('DECRBY', size, #redis.call('RPOP', list))
	n = n - 1
end
return n
