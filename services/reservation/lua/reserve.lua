-- Reserve units of one flash-sale item for several orders, one after the other, each all or nothing.
-- KEYS: item, buyers, keys, pending, open
-- ARGV: run, then of each order: customer, key, fingerprint, order, units, snapshot, price, own terms
-- own terms: '' for the item's; else buyer|limit|opens, each of which may be empty: whose units are counted, the most
-- they may have, and before when (ms) nothing is sold to them
-- Returns an answer for each, in their order.
local item = redis.call('HMGET', KEYS[1], 'run', 'remaining', 'starts', 'ends', 'paused', 'limit', 'epoch',
  'price')
local remaining, limit, epoch = tonumber(item[2]), tonumber(item[6]), item[7]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

-- The order of the checks matters: a retry of an accepted order must find it, whatever the stock says now.
local function reserve(customer, key, fingerprint, order, units, snapshot, price, own)
  if item[1] ~= ARGV[1] then return {'NOT_LOADED'} end
  local is_closed = item[5] == '1' or now < tonumber(item[3]) or now >= tonumber(item[4])

  local field = customer .. ':' .. key
  local known = redis.call('HGET', KEYS[3], field)
  if known then
    local first, print = string.match(known, '^(%x+)|(.*)$')
    if print ~= fingerprint then return {'CONFLICT'} end
    local pending = redis.call('HGET', KEYS[4], first)
    local placed, touched, held, buyer, state, of_key, snapshot_at = read_pending(pending)
    if not placed then return {'KNOWN', first} end
    if state == UNDOING then return {'BUSY'} end
    local raw = string.sub(pending, snapshot_at)
    if redis.call('SISMEMBER', KEYS[5], first) == 0 then return {'ACCEPTED', first, placed, raw, epoch} end
    -- Nothing is published for a sale that sells no more: this order is about to be undone.
    if is_closed then return {'BUSY'} end
    -- Touched: the caller is about to publish it again, so nobody may decide that it was never published.
    -- Always later than before, so that a touch is seen also within one millisecond.
    touched = math.max(now, tonumber(touched) + 1)
    redis.call('HSET', KEYS[4], first, write_pending(placed, touched, held, buyer, state, of_key, raw))
    return {'PENDING', first, placed, raw, epoch}
  end

  local for_whom, most, opens = customer, limit, nil
  if own ~= '' then
    local buyer, own_limit, own_start = string.match(own, '^(%x*)|(%d*)|(%d*)$')
    if buyer ~= '' and buyer ~= customer then for_whom, key = buyer, field end
    most, opens = tonumber(own_limit) or limit, tonumber(own_start)
  end
  if is_closed or (opens and now < opens) then
    return {'NOT_RUNNING', opens and tostring(math.max(opens, tonumber(item[3]))) or item[3], item[4]}
  end
  if item[8] and item[8] ~= price then return {'STALE'} end
  local bought = tonumber(redis.call('HGET', KEYS[2], for_whom) or '0')
  if bought + units > most then return {'LIMIT', most, bought} end
  if units > remaining then return {'OUT', remaining} end

  remaining = redis.call('HINCRBY', KEYS[1], 'remaining', -units)
  redis.call('HINCRBY', KEYS[2], for_whom, units)
  redis.call('HSET', KEYS[3], field, order .. '|' .. fingerprint)
  redis.call('SADD', KEYS[5], order)
  redis.call('HSET', KEYS[4], order, write_pending(now, now, units, for_whom, RESERVED, key, snapshot))
  return {'RESERVED', order, tostring(now), epoch}
end

local answers = {}
for at = 2, #ARGV, 8 do
  answers[#answers + 1] = reserve(ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], tonumber(ARGV[at + 4]),
    ARGV[at + 5], ARGV[at + 6], ARGV[at + 7])
end
return answers
