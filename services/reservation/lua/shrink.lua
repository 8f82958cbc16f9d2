-- Give back the units that orders hold beyond those that they keep, each once: what an order keeps only falls.
-- KEYS: item, buyers, pending, holds, late
-- ARGV: run, then of each order: order, units that it keeps
-- Returns how many orders gave some back; -1 when the counters are not loaded: it is noted for their loader, as in
-- release.lua.
if redis.call('HGET', KEYS[1], 'run') ~= ARGV[1] then
  for at = 2, #ARGV, 2 do redis.call('SADD', KEYS[5], ARGV[at] .. '|' .. ARGV[at + 1]) end
  redis.call('EXPIRE', KEYS[5], 3600)
  return -1
end

local function shrink(order, kept)
  local pending = redis.call('HGET', KEYS[3], order)
  local placed, touched, units, buyer, state, key, at = read_pending(pending)
  if placed then
    if tonumber(units) <= kept then return 0 end
    local snapshot = string.sub(pending, at)
    redis.call('HSET', KEYS[3], order, write_pending(placed, touched, kept, buyer, state, key, snapshot))
  else
    local hold = redis.call('HGET', KEYS[4], order)
    if not hold then return 0 end
    units, buyer = read_hold(hold)
    if tonumber(units) <= kept then return 0 end
    redis.call('HSET', KEYS[4], order, kept .. '|' .. buyer)
  end
  local freed = tonumber(units) - kept
  redis.call('HINCRBY', KEYS[1], 'remaining', freed)
  if redis.call('HINCRBY', KEYS[2], buyer, -freed) <= 0 then redis.call('HDEL', KEYS[2], buyer) end
  return 1
end

local shrunk = 0
for at = 2, #ARGV, 2 do shrunk = shrunk + shrink(ARGV[at], tonumber(ARGV[at + 1])) end
return shrunk
