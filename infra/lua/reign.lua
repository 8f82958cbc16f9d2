-- A server's reign: its run id, which the caller's connection knows, and what changes at each promotion. A primary that
-- was demoted and promoted again is the same process, and what it remembers is another's by then.
-- Put before a script whose ARGV[1] is the run id: from here on it is the reign.
do
  local info = redis.call('INFO', 'replication')
  local _, before = string.find(info, 'master_replid:', 1, true)
  ARGV[1] = ARGV[1] .. ':' .. string.sub(info, before + 1, before + 40)
end
