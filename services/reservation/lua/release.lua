-- Give the units of orders back, each once.
-- KEYS: item, buyers, keys, pending, holds, late, open
-- ARGV: run, forget, order, order, ...
-- forget: '1' the idempotency key is free again; '2' the same, but only while no retry has touched the order
-- Returns how many orders were released; -1 when the counters are not loaded: a loader may have read the database
-- before these orders were closed there, so they are noted for it.
if redis.call('HGET', KEYS[1], 'run') ~= ARGV[1] then
  if ARGV[2] == '0' then
    for i = 3, #ARGV do redis.call('SADD', KEYS[6], ARGV[i]) end
    redis.call('EXPIRE', KEYS[6], 3600)
  end
  return -1
end
local released = 0
for i = 3, #ARGV do
  local order = ARGV[i]
  local units, buyer, key
  local pending = redis.call('HGET', KEYS[4], order)
  if pending then
    local placed, touched, _
    placed, touched, units, buyer, _, key = read_pending(pending)
    if ARGV[2] == '2' and touched ~= placed then
      units = nil
    else
      redis.call('HDEL', KEYS[4], order)
      redis.call('SREM', KEYS[7], order)
    end
  else
    local hold = redis.call('HGET', KEYS[5], order)
    if hold then
      units, buyer = read_hold(hold)
      redis.call('HDEL', KEYS[5], order)
    end
  end
  if units then
    redis.call('HINCRBY', KEYS[1], 'remaining', units)
    if redis.call('HINCRBY', KEYS[2], buyer, -tonumber(units)) <= 0 then
      redis.call('HDEL', KEYS[2], buyer)
    end
    if ARGV[2] ~= '0' and key then redis.call('HDEL', KEYS[3], field_of(buyer, key)) end
    released = released + 1
  end
end
return released
