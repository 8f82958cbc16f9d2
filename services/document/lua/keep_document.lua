-- Keeps a document, or notes that it is used, and lets the longest unused go as long as all are too many.
-- KEYS: texts, when they were used, their weight together
-- ARGV: SHA-256, text, most bytes, seconds that an unused one is kept
-- Returns {weight of all, how many were let go}.
local texts, used, weight = KEYS[1], KEYS[2], KEYS[3]
local digest, text, most, kept = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
-- What an entry takes beside its text, in the hash and in the sorted set.
local ENTRY = 300
-- A bound that was lowered is reached step by step: nobody else is served meanwhile.
local AT_ONCE = 200

-- A Redis that evicts may have let go of one of the three: they no longer add up.
if redis.call('EXISTS', texts, used, weight) < 3 then redis.call('DEL', texts, used, weight) end
local bytes = tonumber(redis.call('GET', weight) or '0')
local now = tonumber(redis.call('TIME')[1])

if redis.call('HSETNX', texts, digest, text) == 1 then bytes = bytes + #text + ENTRY end
redis.call('ZADD', used, now, digest)

local gone = 0
while gone < AT_ONCE do
    local oldest = redis.call('ZRANGE', used, 0, 0, 'WITHSCORES')
    if not oldest[1] or (bytes <= most and tonumber(oldest[2]) >= now - kept) then break end
    bytes = bytes - redis.call('HSTRLEN', texts, oldest[1]) - ENTRY
    redis.call('HDEL', texts, oldest[1])
    redis.call('ZREM', used, oldest[1])
    gone = gone + 1
end

redis.call('SET', weight, bytes, 'EX', kept)
redis.call('EXPIRE', texts, kept)
redis.call('EXPIRE', used, kept)
return {bytes, gone}
