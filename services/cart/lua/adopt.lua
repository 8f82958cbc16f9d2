-- Take over what the database has, unless the copy that is here goes on from there: it may be of before a restart.
-- Nobody may have changed the cart since the database was asked: then the mark is gone, and it must be asked again.
-- KEYS: cart, adopting
-- ARGV: run, milliseconds to keep it, the database's version, the database's life, mark, name, value, ...
if redis.call('GET', KEYS[2]) ~= ARGV[5] then return false end
redis.call('DEL', KEYS[2])
local here = redis.call('HMGET', KEYS[1], 'v', 'life', 'base')
local version = tonumber(ARGV[3])
local goes_on = here[1] and (
  (here[2] == ARGV[4] and tonumber(here[1]) >= version)
  or (here[2] ~= ARGV[4] and tonumber(here[3]) == version))
if goes_on then
  redis.call('HSET', KEYS[1], 'run', ARGV[1])
else
  redis.call('DEL', KEYS[1])
  for i = 6, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
  redis.call('HSET', KEYS[1], 'run', ARGV[1], 'ops', '')
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('HGETALL', KEYS[1])
