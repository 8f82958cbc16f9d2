-- The step that makes an order accepted: the log has acknowledged it. From here on its customer may be told.
-- KEYS: item, keys, pending, open
-- ARGV: run, epoch, order, customer:key
-- Returns 1; 0 when it came too late: the counters that its units came from are no more, or it is being undone.
local life = redis.call('HMGET', KEYS[1], 'run', 'epoch')
if life[1] ~= ARGV[1] or life[2] ~= ARGV[2] then return 0 end
local pending = redis.call('HGET', KEYS[3], ARGV[3])
if pending then
  local _, _, _, _, state = read_pending(pending)
  if state == UNDOING then return 0 end
else
  -- The worker was faster, and knows it by its key; or it was undone, and its key is free.
  local known = redis.call('HGET', KEYS[2], ARGV[4])
  if not known or string.match(known, '^%x+') ~= ARGV[3] then return 0 end
end
redis.call('SREM', KEYS[4], ARGV[3])
return 1
