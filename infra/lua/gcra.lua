-- The generic cell rate algorithm (ITU-T I.371; as in redis-cell): a leaky bucket kept as one time.
-- KEYS: the bucket
-- ARGV: ms per cell (emission interval), burst (cells that may come at once), cost (cells)
-- Returns {allowed, ms until it would be allowed}.
local interval, burst, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000

local arrival = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local next_arrival = arrival + interval * cost
local wait = next_arrival - interval * burst - now
if wait > 0 then return {0, math.ceil(wait)} end
redis.call('SET', KEYS[1], string.format('%.3f', next_arrival), 'PX', math.ceil(next_arrival - now) + 1000)
return {1, 0}
