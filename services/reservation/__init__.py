"""Stock counters of flash-sale items in Redis: reserve, confirm, release, load.

The keys of one item share the hash tag ``{sku}``, so each script runs on one slot of a Redis Cluster:

==========================  =======  ==========================================================
``flash:{sku}:ITEM``        hash     run, epoch, remaining, quantity; the terms: version of the sale, starts,
                                     ends (ms), paused (also when closed), limit, price
``flash:{sku}:ITEM:buyers`` hash     customer -> units held or bought
``flash:{sku}:ITEM:keys``   hash     customer:idempotencyKey -> order|fingerprint
``flash:{sku}:ITEM:pending``hash     order -> placed|touched|units|customer|key|state|snapshot;
                                     not yet known to be in the database; state R, X while it is being
                                     undone, D when its message is in the dead letters
``flash:{sku}:ITEM:open``   set      pending orders that were not accepted yet: their requests are under way,
                                     or ended without knowing what the log did
``flash:{sku}:ITEM:holds``  hash     order -> units|customer; in the database, and not shipped
``flash:{sku}:ITEM:late``   set      orders released while the counters were being loaded
==========================  =======  ==========================================================

``run`` is the server's run id when the counters were loaded: after a restart they are not believed until
they are loaded again.
"""
