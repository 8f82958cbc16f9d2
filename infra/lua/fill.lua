-- Write an entry, if nobody has written or invalidated it since the filler looked; and give up its lock.
-- KEYS: entry, lock. ARGV: head that the filler saw ('' for absent), entry, life in ms, lock's token, bytes of a head.
-- Returns 1 when it was written. The lock shares the entry's slot by its {hash tag}.
local written = 0
if redis.call('GETRANGE', KEYS[1], 0, tonumber(ARGV[5]) - 1) == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
  written = 1
end
if redis.call('GET', KEYS[2]) == ARGV[4] then
  redis.call('DEL', KEYS[2])
end
return written
