-- Sell no more from counters that the database has contradicted, until they are loaded again.
-- KEYS: item
-- ARGV: run, epoch, epoch, ...: those of the orders that the database had no units for
-- Returns 1; 0 when the counters were loaded since, or are not there.
local item = redis.call('HMGET', KEYS[1], 'run', 'epoch')
if item[1] ~= ARGV[1] then return 0 end
for i = 2, #ARGV do
  if item[2] == ARGV[i] then
    redis.call('HSET', KEYS[1], 'run', '')
    return 1
  end
end
return 0
