-- Put an item's counters in place, replacing all that is there. The parts were written beside it before.
-- Parked orders (their message is in the dead letters) are not in the database, but were accepted: they stay.
-- KEYS: item, buyers, keys, pending, holds, fence, new buyers, new keys, new holds, late, open
-- ARGV: run, epoch, remaining, starts, ends, paused, limit, the run in which the fence was set, its token, version, price,
-- quantity
-- Returns 0 when someone else fenced later, the server restarted since, or the counters are there already.
if redis.call('GET', KEYS[6]) ~= ARGV[2] .. '|' .. ARGV[9] or ARGV[8] ~= ARGV[1]
    or redis.call('HGET', KEYS[1], 'run') == ARGV[1] then
  redis.call('UNLINK', KEYS[7], KEYS[8], KEYS[9])
  return 0
end
local left, parked = tonumber(ARGV[3]), {}
-- Closed in the database after the loader read it: what they held there is free.
-- An entry with a number has given back all but so many units.
for _, entry in ipairs(redis.call('SMEMBERS', KEYS[10])) do
  local order, kept = string.match(entry, '^(%x+)|?(%d*)$')
  local hold = redis.call('HGET', KEYS[9], order)
  local units, buyer = read_hold(hold or '')
  local freed = tonumber(units or '0') - (tonumber(kept) or 0)
  if hold and kept == '' then redis.call('HDEL', KEYS[9], order) end
  if hold and freed > 0 then
    if kept ~= '' then redis.call('HSET', KEYS[9], order, kept .. '|' .. buyer) end
    left = left + freed
    if redis.call('HINCRBY', KEYS[7], buyer, -freed) <= 0 then
      redis.call('HDEL', KEYS[7], buyer)
    end
  end
end
local entries = redis.call('HGETALL', KEYS[4])
for i = 1, #entries, 2 do
  local order, entry = entries[i], entries[i + 1]
  local _, _, units, buyer, state, key = read_pending(entry)
  if state == PARKED and tonumber(units) <= left then
    local field = field_of(buyer, key)
    local known = redis.call('HGET', KEYS[3], field)
    -- The new keys have every order of late that is in the database: a replay may have brought it there.
    if known and string.match(known, '^%x+') == order and redis.call('HEXISTS', KEYS[8], field) == 0
        and redis.call('HEXISTS', KEYS[9], order) == 0 then
      left = left - tonumber(units)
      redis.call('HINCRBY', KEYS[7], buyer, units)
      redis.call('HSET', KEYS[8], field, known)
      parked[order] = entry
    end
  end
end
-- Changed after the loader read the database: the newer terms stand.
local terms = {ARGV[10], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[11]}
local newer = redis.call('HMGET', KEYS[1], 'version', 'starts', 'ends', 'paused', 'limit', 'price')
if newer[1] and tonumber(newer[1]) > tonumber(ARGV[10]) then terms = newer end
-- UNLINK: to free a million entries takes the better part of a second, in which nobody else would be served.
redis.call('UNLINK', KEYS[10], KEYS[11])
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5])
local function move(from, to)
  if redis.call('EXISTS', from) == 1 then
    redis.call('RENAME', from, to)
    redis.call('PERSIST', to)
  end
end
move(KEYS[7], KEYS[2])
move(KEYS[8], KEYS[3])
move(KEYS[9], KEYS[5])
for order, entry in pairs(parked) do redis.call('HSET', KEYS[4], order, entry) end
redis.call('HSET', KEYS[1], 'run', ARGV[1], 'epoch', ARGV[2], 'remaining', tostring(left),
  'quantity', ARGV[12], 'version', terms[1], 'starts', terms[2], 'ends', terms[3], 'paused', terms[4],
  'limit', terms[5], 'price', terms[6])
return 1
