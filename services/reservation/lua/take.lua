-- Of an item that sells no more: decide for the requests under way that they come too late.
-- KEYS: item, pending, open
-- ARGV: run, most
-- Returns the orders to be undone; until that is done retries are told to wait, and the orders are found here again.
local item = redis.call('HMGET', KEYS[1], 'run', 'paused')
if item[1] ~= ARGV[1] or item[2] ~= '1' then return {} end
local taken = {}
for _, order in ipairs(redis.call('SRANDMEMBER', KEYS[3], ARGV[2])) do
  local pending = redis.call('HGET', KEYS[2], order)
  local _, _, _, _, state = read_pending(pending)
  if not state or state == PARKED then
    redis.call('SREM', KEYS[3], order)
  else
    if state ~= UNDOING then redis.call('HSET', KEYS[2], order, with_state(pending, UNDOING)) end
    taken[#taken + 1] = order
  end
end
return taken
