-- Begin to load an item: only the holder of the newest fence may put counters in place.
-- KEYS: item, fence
-- ARGV: run, the database's epoch, force ('1': also when counters are there; they stop selling at once), token
-- The token tells this fence from one of the same epoch that was set after Redis lost its memory.
-- Returns the epoch to load with and the run to load in; epoch 0 when the counters are there already.
if redis.call('HGET', KEYS[1], 'run') == ARGV[1] then
  if ARGV[3] ~= '1' then return {0, ARGV[1]} end
  redis.call('HSET', KEYS[1], 'run', '')
end
local epoch = math.max(tonumber(string.match(redis.call('GET', KEYS[2]) or '0', '^%d+')), tonumber(ARGV[2])) + 1
redis.call('SET', KEYS[2], epoch .. '|' .. ARGV[4])
return {epoch, ARGV[1]}
