-- Look at an item's counters.
-- KEYS: item
-- ARGV: run
-- Returns whether they are to be believed (1, or 0), what remains, and the version of the terms.
local item = redis.call('HMGET', KEYS[1], 'run', 'remaining', 'version')
return {item[1] == ARGV[1] and 1 or 0, item[2], item[3]}
