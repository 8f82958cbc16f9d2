-- Begin to load an item: only the holder of the newest fence may put counters in place.
-- KEYS: item, fence
-- ARGV: run, the database's epoch, mode, token, starts (ms, the database's)
-- mode: '0' only when counters are not there; '1' also when they are there: they stop selling at once;
-- '2' the same, but only before the sale has started
-- The token tells this fence from one of the same epoch that was set after Redis lost its memory.
-- Returns the epoch to load with, the run to load in, and '1' when the sale has started; epoch 0 when the counters
-- are there already, -1 when it is too late for mode 2.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local item = redis.call('HMGET', KEYS[1], 'run', 'starts')
local is_loaded = item[1] == ARGV[1]
local started = now >= tonumber(ARGV[5]) or (is_loaded and now >= tonumber(item[2]))
if started and ARGV[3] == '2' then return {-1, ARGV[1], '1'} end
if is_loaded then
  if ARGV[3] == '0' then return {0, ARGV[1], '0'} end
  redis.call('HSET', KEYS[1], 'run', '')
end
local epoch = math.max(tonumber(string.match(redis.call('GET', KEYS[2]) or '0', '^%d+')), tonumber(ARGV[2])) + 1
redis.call('SET', KEYS[2], epoch .. '|' .. ARGV[4])
return {epoch, ARGV[1], started and '1' or '0'}
