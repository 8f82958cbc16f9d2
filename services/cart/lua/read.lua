-- The copy, if it is of this life of the server.
-- KEYS: cart
-- ARGV: run
if redis.call('HGET', KEYS[1], 'run') ~= ARGV[1] then return false end
return redis.call('HGETALL', KEYS[1])
