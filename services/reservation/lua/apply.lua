-- Bring an item's terms up to a version of its sale, whether its counters are there or not: a loader that read the
-- database before this finds the newer terms here.
-- KEYS: item
-- ARGV: run, version, starts, ends, paused (also when closed), limit, price, quantity
-- Returns APPLIED; NEWER when a later version was faster; NOT_LOADED when the counters are to be loaded, also because
-- they are of another quantity: nothing is sold from them until then.
local known = redis.call('HMGET', KEYS[1], 'run', 'version', 'quantity')
if known[2] and tonumber(known[2]) > tonumber(ARGV[2]) then return 'NEWER' end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'starts', ARGV[3], 'ends', ARGV[4], 'paused', ARGV[5],
  'limit', ARGV[6], 'price', ARGV[7])
if known[1] ~= ARGV[1] then
  redis.call('EXPIRE', KEYS[1], 3600)
  return 'NOT_LOADED'
end
if known[3] and known[3] ~= ARGV[8] then
  redis.call('HSET', KEYS[1], 'run', '')
  return 'NOT_LOADED'
end
return 'APPLIED'
