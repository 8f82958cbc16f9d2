-- Take the decision that a pending order was never published, unless a retry touched it since.
-- KEYS: item, pending
-- ARGV: run, order, touched (ms, as it was seen)
-- Returns 1 when the order is ours to undo: until it is released, retries are told to wait.
if redis.call('HGET', KEYS[1], 'run') ~= ARGV[1] then return 0 end
local pending = redis.call('HGET', KEYS[2], ARGV[2])
local _, touched, _, _, state = read_pending(pending)
if touched ~= ARGV[3] or state == PARKED then return 0 end
redis.call('HSET', KEYS[2], ARGV[2], with_state(pending, UNDOING))
return 1
