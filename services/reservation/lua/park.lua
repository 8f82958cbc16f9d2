-- A pending order's message is in the dead letters: its units stay held until someone replays it.
-- KEYS: item, pending, open
-- ARGV: run, order
if redis.call('HGET', KEYS[1], 'run') ~= ARGV[1] then return 0 end
local pending = redis.call('HGET', KEYS[2], ARGV[2])
if not pending then return 0 end
local head, rest = string.match(pending, '^(%d+|%d+|%d+|%x+|)%a(|.*)$')
redis.call('HSET', KEYS[2], ARGV[2], head .. 'D' .. rest)
redis.call('SREM', KEYS[3], ARGV[2])
return 1
