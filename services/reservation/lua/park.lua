-- A pending order's message is in the dead letters: its units stay held until someone replays it.
-- KEYS: item, pending, open
-- ARGV: run, order
if redis.call('HGET', KEYS[1], 'run') ~= ARGV[1] then return 0 end
local pending = redis.call('HGET', KEYS[2], ARGV[2])
if not read_pending(pending) then return 0 end
redis.call('HSET', KEYS[2], ARGV[2], with_state(pending, PARKED))
redis.call('SREM', KEYS[3], ARGV[2])
return 1
