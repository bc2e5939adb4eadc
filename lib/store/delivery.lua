#!lua flags=no-writes
-- Where one delivery is.
-- KEYS delivery, due, held   ARGV id
-- Answers {record or '', due score or '', held score or ''}.
-- SPDX-License-Identifier: Apache-2.0
return {redis.call('HGET', KEYS[1], ARGV[1]) or '',
	redis.call('ZSCORE', KEYS[2], ARGV[1]) or '',
	redis.call('ZSCORE', KEYS[3], ARGV[1]) or ''}
