"""Stock counters of flash-sale items in Redis: reserve, confirm, release, load.

The keys of one item share the hash tag ``{sku}``, so each script runs on one slot of a Redis Cluster:

===========================  ======  ==========================================================
``flash:{sku}:ITEM``         hash    run, epoch, remaining, quantity; the terms: version of the sale, starts,
                                     ends (ms), paused (also when closed), limit, price
``flash:{sku}:ITEM:buyers``  hash    buyer -> units held or bought
``flash:{sku}:ITEM:keys``    hash    customer:key -> order|fingerprint; the key: the idempotency key's bytes
``flash:{sku}:ITEM:pending`` hash    order -> placed|touched|units|buyer|state|key|snapshot;
                                     not yet known to be in the database; state R, X while it is being
                                     undone, D when its message is in the dead letters. The key is
                                     customer:key where the customer is not the buyer
``flash:{sku}:ITEM:open``    set     pending orders that were not accepted yet: their requests are under way,
                                     or ended without knowing what the log did
``flash:{sku}:ITEM:holds``   hash    order -> units|buyer; in the database, and not shipped
``flash:{sku}:ITEM:late``    set     orders released while the counters were being loaded; order|units: those of
                                     which but so many units were
``flash:{sku}:ITEM:fence``   string  epoch|token of the newest loader: only that one may put counters in place
===========================  ======  ==========================================================

``run`` is the server's reign (infra/lua/reign.lua) when the counters were loaded: after a restart, and after a
promotion, they are not believed until they are loaded again. Times are milliseconds of Redis's clock, ids and
idempotency keys are in hex. The buyer is the person whose units are counted: a customer, or whose e-mail address a
guest has given.
"""
