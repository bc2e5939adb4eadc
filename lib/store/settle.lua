#!lua flags=allow-oom
-- SPDX-License-Identifier: Apache-2.0
-- Writes what has become of deliveries: one script a flush and partition. A full
-- Redis must not stop it, for it is what makes room.
-- KEYS epoch flush log mark delivery event ref due held attempts backlogs chains putoffs
-- ARGV fence, flush number, key prefix, attempts frame, its count, entries kept, ops...
--
-- Ops, each a letter and its arguments:
--   x seq                        the log entry has been settled
--   e seq                        the same, and its events are kept
--   m seq frame                  what of it is settled so far
--   r to score id event webhook record event-frame
--                                a record, written or moved; to is d (due), h (held),
--                                b (backlog), k (dead), c (only in its chain);
--                                event-frame empty: it is there or came with an earlier
--                                record of this flush
--   o webhook member now behind  into its key's chain; behind 1: unless it is the first
--                                of its key, which is due now
--   p webhook member now n       out of it; the next n of its key are due now
--   f id event                   delivered or dropped: the record, if any, may go
--   g ids                        these go together from now on
--   a id                         they do not any more; id is the first of ids
--   s webhook field n            statistics
--   h webhook field value        the same, but set
--   j webhook id now             it went to the schedule without an attempt
--   v webhook n score            as many of those into the backlog
--   w webhook field now          since when something is so: since now if not for longer
--   y webhook field              it is so no more
--   n frame                      a new entry for the log
--   z webhook n before           keep only the newest n of the dead, and of those none
--                                that died before
--   t stream before n            keep about the newest n entries, and of those none from
--                                before; 0: no bound
--   u stream                     remove it
--   q hash ttl ms field json     a profile's field, unless a later call has set it;
--                                ttl in seconds, 0: for ever
--   l hash ttl name json         what is kept for a path
--   k hash                       nothing of it is, any more
--   c name ttl json              how a call has ended, for its publisher
-- Webhooks are 26 characters and, in backlogs and chains, the same. A chain's member is
-- its key's hash (8 bytes), the place in the log (8) and the delivery's id.
-- Answers {how many of chains have become due, webhooks whose chains are empty now, and,
-- behind '+' or '=', those that have got a backlog by v: more is left, or nothing; behind
-- '!', a webhook, since when, a space and w's field; behind '#', the log's newest number...}.
-- A flush repeated after a lost answer does nothing, so counting is safe; nor does
-- one whose bytes were under way on a connection that broke, and come late.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
	return redis.error_reply('FENCED another router holds the partition')
end
local stamp = ARGV[1] .. ' ' .. ARGV[2]
local last = redis.call('GET', KEYS[2])
if last then
	local fence, number = string.match(last, '^(.*) (%d+)$')
	if fence == ARGV[1] and tonumber(number) >= tonumber(ARGV[2]) then
		return {0}
	end
end

local log, mark, delivery, event, ref = KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]
local due, held, backlogs, prefix = KEYS[8], KEYS[9], KEYS[11], ARGV[3]
local chains, putoffs = KEYS[12], KEYS[13]
local settled, frames, answer = {}, {}, {0}

local function event_add(id, frame)
	if frame and redis.call('HSETNX', event, id, frame) == 0 then
		redis.call('HSET', ref, id, (redis.call('HGET', ref, id) or 1) + 1)
	end
end

local function event_drop(id)
	local n = tonumber(redis.call('HGET', ref, id) or 1)
	if n <= 1 then
		redis.call('HDEL', event, id)
	elseif n == 2 then
		redis.call('HDEL', ref, id)
	else
		redis.call('HSET', ref, id, n - 1)
	end
end

local function finish(id, event_id)
	if redis.call('HDEL', delivery, id) == 1 then
		redis.call('ZREM', held, id)
		event_drop(event_id)
	end
end

local function trim_dead(key, keep, before)
	local over = math.max(redis.call('ZCARD', key) - keep,
		before ~= '0' and redis.call('ZCOUNT', key, '-inf', '(' .. before) or 0)
	if over <= 0 then
		return
	end
	for _, id in ipairs(redis.call('ZRANGE', key, 0, math.min(over, 256) - 1)) do
		local record = redis.call('HGET', delivery, id)
		redis.call('ZREM', key, id)
		if record then
			-- The event's id stands first in the record, behind head and lengths.
			local at = string.find(record, '\196\16', 1, true)
			redis.call('HDEL', delivery, id)
			if at then
				event_drop(string.sub(record, at + 2, at + 17))
			end
		end
	end
end

local op = {}
function op.x(i)
	settled[#settled + 1] = ARGV[i] .. '-0'
	redis.call('HDEL', mark, ARGV[i])
	return i + 1
end
function op.e(i)
	local entry = redis.call('XRANGE', log, ARGV[i], ARGV[i])[1]
	if entry then
		redis.call('XADD', prefix .. 'events', '*', 'b', entry[2][2])
	end
	return op.x(i)
end
function op.m(i)
	redis.call('HSET', mark, ARGV[i], ARGV[i + 1])
	return i + 2
end
function op.r(i)
	local to, score, id, webhook = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 4]
	local event_id = ARGV[i + 3]
	if ARGV[i + 6] ~= '' then
		frames[event_id] = ARGV[i + 6]
	end
	if redis.call('HSET', delivery, id, ARGV[i + 5]) == 1 then
		event_add(event_id, frames[event_id])
	elseif to ~= 'h' then
		redis.call('ZREM', held, id)
	end
	if to == 'd' then
		redis.call('ZADD', due, score, id)
	elseif to == 'h' then
		redis.call('ZADD', held, score, id)
	elseif to == 'b' then
		redis.call('ZADD', prefix .. 'backlog:' .. webhook, score, id)
		redis.call('SADD', backlogs, webhook)
	elseif to == 'k' then
		redis.call('ZADD', prefix .. 'dead:' .. webhook, score, id)
	end
	return i + 7
end
function op.f(i)
	finish(ARGV[i], ARGV[i + 1])
	return i + 2
end
-- Each knows the first, which knows all, in their order.
function op.g(i)
	local ids, parcel = ARGV[i], prefix .. 'parcel'
	local first = string.sub(ids, 1, 16)
	for at = 17, #ids, 16 do
		redis.call('HSET', parcel, string.sub(ids, at, at + 15), first)
	end
	redis.call('HSET', parcel, first, ids)
	return i + 1
end
function op.a(i)
	local parcel = prefix .. 'parcel'
	local ids = redis.call('HGET', parcel, ARGV[i]) or ''
	for at = 1, #ids, 16 do
		redis.call('HDEL', parcel, string.sub(ids, at, at + 15))
	end
	return i + 1
end
-- The first n of a key.
local function chain_first(chain, member, n)
	local hash = string.sub(member, 1, 8)
	return redis.call('ZRANGE', chain, '[' .. hash, '(' .. hash .. string.rep('\255', 25),
		'BYLEX', 'LIMIT', 0, n)
end
function op.o(i)
	local webhook, member = ARGV[i], ARGV[i + 1]
	local chain = prefix .. 'chain:' .. webhook
	redis.call('ZADD', chain, 0, member)
	redis.call('SADD', chains, webhook)
	if ARGV[i + 3] == '1' and chain_first(chain, member, 1)[1] == member then
		redis.call('ZADD', due, ARGV[i + 2], string.sub(member, 17))
		answer[1] = answer[1] + 1
	end
	return i + 4
end
function op.p(i)
	local webhook, member = ARGV[i], ARGV[i + 1]
	local chain = prefix .. 'chain:' .. webhook
	if redis.call('ZREM', chain, member) == 0 then
		return i + 4
	end
	for _, next in ipairs(chain_first(chain, member, ARGV[i + 3])) do
		local id = string.sub(next, 17)
		if not redis.call('ZSCORE', held, id) and
				not redis.call('ZSCORE', prefix .. 'backlog:' .. webhook, id) then
			answer[1] = answer[1] + redis.call('ZADD', due, 'NX', ARGV[i + 2], id)
		end
	end
	if redis.call('EXISTS', chain) == 0 then
		redis.call('SREM', chains, webhook)
		answer[#answer + 1] = webhook
	end
	return i + 4
end
function op.s(i)
	redis.call('HINCRBY', prefix .. 'stats:' .. ARGV[i], ARGV[i + 1], ARGV[i + 2])
	return i + 3
end
function op.h(i)
	redis.call('HSET', prefix .. 'stats:' .. ARGV[i], ARGV[i + 1], ARGV[i + 2])
	return i + 3
end
function op.j(i)
	redis.call('ZADD', prefix .. 'putoff:' .. ARGV[i], ARGV[i + 2], ARGV[i + 1])
	redis.call('SADD', putoffs, ARGV[i])
	return i + 3
end
-- What is due no more has been tried since, or is gone.
function op.v(i)
	local webhook, score = ARGV[i], ARGV[i + 2]
	local putoff = prefix .. 'putoff:' .. webhook
	for _, id in ipairs(redis.call('ZRANGE', putoff, 0, ARGV[i + 1] - 1)) do
		redis.call('ZREM', putoff, id)
		if redis.call('ZREM', due, id) == 1 then
			redis.call('ZADD', prefix .. 'backlog:' .. webhook, score, id)
			redis.call('SADD', backlogs, webhook)
		end
	end
	local more = redis.call('EXISTS', putoff) == 1
	if not more then
		redis.call('SREM', putoffs, webhook)
	end
	answer[#answer + 1] = (more and '+' or '=') .. webhook
	return i + 3
end
function op.w(i)
	local webhook, field = ARGV[i], ARGV[i + 1]
	local stats = prefix .. 'stats:' .. webhook
	redis.call('HSETNX', stats, field, ARGV[i + 2])
	answer[#answer + 1] = '!' .. webhook .. redis.call('HGET', stats, field) .. ' ' .. field
	return i + 3
end
function op.y(i)
	redis.call('HDEL', prefix .. 'stats:' .. ARGV[i], ARGV[i + 1])
	return i + 2
end
-- Numbered as append does it.
function op.n(i)
	local seq = string.format('%.0f', redis.call('INCR', prefix .. 'seq'))
	redis.call('XADD', log, seq .. '-0', 'b', ARGV[i])
	answer[#answer + 1] = '#' .. seq
	return i + 1
end
function op.z(i)
	trim_dead(prefix .. 'dead:' .. ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 2])
	return i + 3
end
function op.t(i)
	local stream = prefix .. ARGV[i]
	if ARGV[i + 1] ~= '0' then
		redis.call('XTRIM', stream, 'MINID', '~', ARGV[i + 1])
	end
	if ARGV[i + 2] ~= '0' then
		redis.call('XTRIM', stream, 'MAXLEN', '~', ARGV[i + 2])
	end
	return i + 3
end
function op.u(i)
	redis.call('UNLINK', prefix .. ARGV[i])
	return i + 1
end

function op.q(i)
	local hash, field = prefix .. ARGV[i], ARGV[i + 3]
	local is = redis.call('HGET', hash, field)
	local when = is and string.match(is, '^(%d+) ')
	if (when and tonumber(when) > tonumber(ARGV[i + 2])) or
			(not is and redis.call('HLEN', hash) >= 1000) then
		return i + 5
	end
	redis.call('HSET', hash, field, ARGV[i + 2] .. ' ' .. ARGV[i + 4])
	if ARGV[i + 1] ~= '0' then
		redis.call('EXPIRE', hash, ARGV[i + 1])
	end
	return i + 5
end
function op.l(i)
	local hash = prefix .. ARGV[i]
	redis.call('HSET', hash, ARGV[i + 2], ARGV[i + 3])
	redis.call('EXPIRE', hash, ARGV[i + 1])
	return i + 4
end
function op.k(i)
	redis.call('UNLINK', prefix .. ARGV[i])
	return i + 1
end
function op.c(i)
	redis.call('SET', prefix .. ARGV[i], ARGV[i + 2], 'EX', ARGV[i + 1])
	return i + 3
end

local i = 7
while i <= #ARGV do
	i = op[ARGV[i]](i + 1)
end
for first = 1, #settled, 1000 do
	redis.call('XDEL', log, unpack(settled, first, math.min(first + 999, #settled)))
end
if ARGV[4] ~= '' then
	redis.call('XADD', KEYS[10], 'MAXLEN', '~', ARGV[6], '*', 'a', ARGV[4], 'n', ARGV[5])
end
redis.call('SET', KEYS[2], stamp)
return answer
