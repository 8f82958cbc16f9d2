-- Of an item that sells no more: decide for the requests under way that they come too late.
-- KEYS: item, pending, open
-- ARGV: run, most
-- Returns the orders to be undone; until that is done retries are told to wait, and the orders are found here again.
local item = redis.call('HMGET', KEYS[1], 'run', 'paused')
if item[1] ~= ARGV[1] or item[2] ~= '1' then return {} end
local taken = {}
for _, order in ipairs(redis.call('SRANDMEMBER', KEYS[3], ARGV[2])) do
  local pending = redis.call('HGET', KEYS[2], order)
  local head, state, rest = string.match(pending or '', '^(%d+|%d+|%d+|%x+|)(%a)(|.*)$')
  if not state or state == 'D' then
    redis.call('SREM', KEYS[3], order)
  else
    if state ~= 'X' then redis.call('HSET', KEYS[2], order, head .. 'X' .. rest) end
    taken[#taken + 1] = order
  end
end
return taken
