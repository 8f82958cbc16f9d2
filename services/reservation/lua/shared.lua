-- What the scripts of this folder share: it is put before each of them.
-- An entry of the hash 'pending': placed|touched|units|buyer|state|key|snapshot (services/reservation/rows.py).
-- The key is the hex of the idempotency key's bytes, so '|' cannot be in it; it may be in the snapshot alone. Where
-- the customer is not the buyer whose units are counted (a guest), it is customer:key.
local RESERVED, UNDOING, PARKED = 'R', 'X', 'D'

-- Returns placed, touched, units, buyer, state, key, and where in the entry the snapshot begins; nil when it is none.
local function read_pending(entry)
  return string.match(entry or '', '^(%d+)|(%d+)|(%d+)|(%x+)|([RXD])|([^|]*)|()')
end

local function write_pending(placed, touched, units, buyer, state, key, snapshot)
  return placed .. '|' .. touched .. '|' .. units .. '|' .. buyer .. '|' .. state .. '|' .. key .. '|' .. snapshot
end

-- The entry, which must be one, in another state.
local function with_state(entry, state)
  local placed, touched, units, buyer, _, key, at = read_pending(entry)
  return write_pending(placed, touched, units, buyer, state, key, string.sub(entry, at))
end

-- The field of the hash 'keys' that an entry's key has: customer:key.
local function field_of(buyer, key)
  if string.find(key, ':', 1, true) then return key end
  return buyer .. ':' .. key
end

-- A hold: units|buyer.
local function read_hold(hold)
  return string.match(hold, '^(%d+)|(%x+)$')
end
