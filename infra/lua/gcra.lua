-- The generic cell rate algorithm (ITU-T I.371; as in redis-cell): a leaky bucket kept as one time.
-- KEYS: the bucket
-- ARGV: ms per cell (emission interval), burst (cells that may come at once), cost (cells; -1 gives one back),
-- ms that are owed: of cells that were let pass while nobody could be asked here
-- Returns {allowed, ms until it would be allowed, ms until the bucket is empty}. A cost of 0 only asks.
local interval, burst, cost, owed = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000

local function keep(moment)
    redis.call('SET', KEYS[1], string.format('%.3f', moment), 'PX', math.ceil(moment - now) + 1000)
end

local arrival = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
-- Several processes may each have let a whole burst pass: the bucket is full then, and no fuller.
if owed > 0 then arrival = math.max(arrival, math.min(arrival + owed, now + interval * burst)) end
local next_arrival = math.max(arrival + interval * cost, now)
local wait = next_arrival - interval * burst - now
if wait > 0 then
    if owed > 0 then keep(arrival) end
    return {0, math.ceil(wait), math.ceil(arrival - now)}
end
if cost ~= 0 or owed > 0 then keep(next_arrival) end
return {1, 0, math.ceil(next_arrival - now)}
