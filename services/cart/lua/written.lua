-- The database has this version of this life, or a newer one. With drop, the copy is of no use any more.
-- KEYS: cart, dirty, adopting
-- ARGV: life, version, drop
-- What somebody is about to take over may be of before this version.
redis.call('DEL', KEYS[3])
local here = redis.call('HMGET', KEYS[1], 'life', 'v', 'base')
if here[1] and here[1] ~= ARGV[1] then
  -- A copy made from an older version can never be written: whoever changed it does it again.
  if ARGV[3] == '0' and tonumber(here[3]) < tonumber(ARGV[2]) then redis.call('DEL', KEYS[1]) end
  return 0
end
if here[1] and tonumber(here[2]) > tonumber(ARGV[2]) then return 0 end
redis.call('ZREM', KEYS[2], string.match(KEYS[1], '(%x+)$'))
if ARGV[3] == '1' then redis.call('DEL', KEYS[1]) end
return 1
