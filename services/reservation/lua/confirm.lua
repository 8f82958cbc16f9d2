-- Orders are in the database now: their pending entries become holds.
-- KEYS: item, pending, holds, open
-- ARGV: run, order, order, ...
if redis.call('HGET', KEYS[1], 'run') ~= ARGV[1] then return -1 end
local moved = 0
for i = 2, #ARGV do
  local _, _, units, buyer = read_pending(redis.call('HGET', KEYS[2], ARGV[i]))
  if units then
    redis.call('HDEL', KEYS[2], ARGV[i])
    redis.call('SREM', KEYS[4], ARGV[i])
    redis.call('HSET', KEYS[3], ARGV[i], units .. '|' .. buyer)
    moved = moved + 1
  end
end
return moved
