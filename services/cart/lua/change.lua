-- Change a cart: all of it or nothing.
-- KEYS: cart, dirty, adopting
-- ARGV: run, life of a cart to be made ('' when it must be there), token hash ('' for a customer's), operation, now,
--       milliseconds to keep the copy, expires at (0: never), most lines, currency ('' takes any), kind, ...
--   add   line quantity most at selected details   refused when the line would have more than most
--   merge line quantity most at selected details ...   as much as fits, and at least what is there, or one; new lines
--         as long as there is room for them, the others are passed over
--   set   line quantity most           refused when that is more than most, and more than there is
--   take  line quantity ...            so many less, or all; lines that are not there are passed over
--   drop  line                         refused when it is not there
--   clear selected                     all lines; with 1 those that are selected
--   mark  selected line ...            with no line: all of them
-- Answers: {'ok', doc} {'verify'} {'denied'} {'missing'} {'over', quantity} {'lines'} {'currency', currency}
local cart, dirty = KEYS[1], KEYS[2]
local id = string.match(cart, '(%x+)$')
local now = tonumber(ARGV[5])
local meta = redis.call('HMGET', cart, 'run', 'tok', 'ops', 'n', 'cur', 'exp')
local fresh = not meta[1]
if fresh then
  if ARGV[2] == '' then return {'verify'} end
  meta = {ARGV[1], ARGV[3], '', '0', '', '0'}
elseif meta[1] ~= ARGV[1] then
  return {'verify'}
end
if meta[2] ~= ARGV[3] then return {'denied'} end
local ends = tonumber(meta[6])
if ends > 0 and ends <= now then return {'denied'} end
-- The client of Redis sends a command again when the connection broke before its reply.
if string.find(meta[3], ARGV[4], 1, true) then return {'ok', redis.call('HGETALL', cart)} end
local count, currency = tonumber(meta[4]), meta[5]
if count > 0 and ARGV[9] ~= '' and currency ~= ARGV[9] then return {'currency', currency} end

local writes, gone = {}, {}
local function read(line)
  local value = redis.call('HGET', cart, 'l:' .. line)
  if not value then return 0 end
  local quantity, selected, at, details = string.match(value, '^(%d+)|(%d)|(%d+)|(.*)$')
  return tonumber(quantity), selected, at, details
end
local function write(line, quantity, selected, at, details)
  table.insert(writes, 'l:' .. line)
  table.insert(writes, string.format('%d|%s|%s|%s', quantity, selected, at, details))
end

local function all()
  local lines = {}
  for _, field in ipairs(redis.call('HKEYS', cart)) do
    if string.sub(field, 1, 2) == 'l:' then table.insert(lines, string.sub(field, 3)) end
  end
  return lines
end

local kind = ARGV[10]
if kind == 'add' or kind == 'merge' then
  local most_lines = tonumber(ARGV[8])
  for i = 11, #ARGV, 6 do
    local there, _, at = read(ARGV[i])
    local wanted, most = there + tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
    if wanted > most then
      if kind == 'add' then return {'over', there} end
      wanted = math.max(there, most, 1)
    end
    if there == 0 then count = count + 1 end
    if there > 0 or count <= most_lines then
      -- What is added again keeps its place, and has the price that was seen last.
      write(ARGV[i], wanted, ARGV[i + 4], at or ARGV[i + 3], ARGV[i + 5])
    elseif kind == 'add' then
      return {'lines'}
    else
      count = count - 1
    end
  end
  if ARGV[9] ~= '' then currency = ARGV[9] end
elseif kind == 'set' then
  local there, selected, at, details = read(ARGV[11])
  if there == 0 then return {'missing'} end
  local wanted = tonumber(ARGV[12])
  if wanted > tonumber(ARGV[13]) and wanted > there then return {'over', there} end
  write(ARGV[11], wanted, selected, at, details)
elseif kind == 'take' then
  for i = 11, #ARGV, 2 do
    local there, selected, at, details = read(ARGV[i])
    local left = there - tonumber(ARGV[i + 1])
    if left > 0 then
      write(ARGV[i], left, selected, at, details)
    elseif there > 0 then
      table.insert(gone, 'l:' .. ARGV[i])
      count = count - 1
    end
  end
elseif kind == 'drop' then
  if read(ARGV[11]) == 0 then return {'missing'} end
  gone, count = {'l:' .. ARGV[11]}, count - 1
elseif kind == 'clear' then
  for _, line in ipairs(all()) do
    local _, selected = read(line)
    if ARGV[11] == '0' or selected == '1' then
      table.insert(gone, 'l:' .. line)
      count = count - 1
    end
  end
elseif kind == 'mark' then
  local lines = {}
  for i = 12, #ARGV do table.insert(lines, ARGV[i]) end
  if #lines == 0 then lines = all() end
  for _, line in ipairs(lines) do
    local there, _, at, details = read(line)
    if there == 0 then return {'missing'} end
    write(line, there, ARGV[11], at, details)
  end
end

if fresh then
  redis.call('HSET', cart, 'run', ARGV[1], 'tok', ARGV[3], 'v', 0, 'base', 0, 'life', ARGV[2], 'made', ARGV[5])
end
if #gone > 0 then redis.call('HDEL', cart, unpack(gone)) end
if #writes > 0 then redis.call('HSET', cart, unpack(writes)) end
local ops = string.sub(ARGV[4] .. meta[3], 1, 16 * #ARGV[4])
redis.call('HSET', cart, 'n', count, 'cur', currency, 'at', ARGV[5], 'exp', ARGV[7], 'ops', ops)
redis.call('HINCRBY', cart, 'v', 1)
redis.call('PEXPIRE', cart, ARGV[6])
redis.call('ZADD', dirty, 'NX', ARGV[5], id)
-- What somebody is about to take over from the database is of before this change.
redis.call('DEL', KEYS[3])
return {'ok', redis.call('HGETALL', cart)}
