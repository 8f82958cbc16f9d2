-- The step that makes orders of one item accepted: the log has acknowledged them. From here on their customers may be
-- told.
-- KEYS: item, keys, pending, open
-- ARGV: run, then of each order: epoch, order, customer:key
-- Returns of each 1; 0 when it came too late: the counters that its units came from are no more, or it is being undone.
local life = redis.call('HMGET', KEYS[1], 'run', 'epoch')

local function accept(epoch, order, field)
  if life[1] ~= ARGV[1] or life[2] ~= epoch then return 0 end
  local pending = redis.call('HGET', KEYS[3], order)
  if pending then
    local _, _, _, _, state = read_pending(pending)
    if state == UNDOING then return 0 end
  else
    -- The worker was faster, and knows it by its key; or it was undone, and its key is free.
    local known = redis.call('HGET', KEYS[2], field)
    if not known or string.match(known, '^%x+') ~= order then return 0 end
  end
  redis.call('SREM', KEYS[4], order)
  return 1
end

local answers = {}
for at = 2, #ARGV, 3 do
  answers[#answers + 1] = accept(ARGV[at], ARGV[at + 1], ARGV[at + 2])
end
return answers
