-- Begin to load an item: only the holder of the newest fence may put counters in place.
-- KEYS: item, fence
-- ARGV: run, the database's epoch, force ('1': also when counters are there; they stop selling at once)
-- Returns the epoch to load with and the run to load in; epoch 0 when the counters are there already.
if redis.call('HGET', KEYS[1], 'run') == ARGV[1] then
  if ARGV[3] ~= '1' then return {0, ARGV[1]} end
  redis.call('HSET', KEYS[1], 'run', '')
end
local epoch = math.max(tonumber(redis.call('GET', KEYS[2]) or '0'), tonumber(ARGV[2])) + 1
redis.call('SET', KEYS[2], tostring(epoch))
return {epoch, ARGV[1]}
