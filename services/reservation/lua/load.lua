-- Put an item's counters in place, replacing all that is there. The parts were written beside it before.
-- KEYS: item, buyers, keys, pending, holds, fence, new buyers, new keys, new holds
-- ARGV: run, epoch, remaining, starts, ends, paused, limit
-- Returns 0 when someone else fenced later, or the counters are there already.
if redis.call('GET', KEYS[6]) ~= ARGV[2] or redis.call('HGET', KEYS[1], 'run') == ARGV[1] then
  redis.call('DEL', KEYS[7], KEYS[8], KEYS[9])
  return 0
end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5])
local function move(from, to)
  if redis.call('EXISTS', from) == 1 then
    redis.call('RENAME', from, to)
    redis.call('PERSIST', to)
  end
end
move(KEYS[7], KEYS[2])
move(KEYS[8], KEYS[3])
move(KEYS[9], KEYS[5])
redis.call('HSET', KEYS[1], 'run', ARGV[1], 'epoch', ARGV[2], 'remaining', ARGV[3], 'starts', ARGV[4],
  'ends', ARGV[5], 'paused', ARGV[6], 'limit', ARGV[7])
return 1
