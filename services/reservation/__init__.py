"""Stock counters of flash-sale items in Redis: reserve, confirm, release, load.

The keys of one item share the hash tag ``{sku}``, so each script runs on one slot of a Redis Cluster:

==========================  =======  ==========================================================
``flash:{sku}:ITEM``        hash     run, epoch, remaining, starts, ends (ms), paused, limit
``flash:{sku}:ITEM:buyers`` hash     customer -> units held or bought
``flash:{sku}:ITEM:keys``   hash     customer:idempotencyKey -> order|fingerprint
``flash:{sku}:ITEM:pending``hash     order -> placed|touched|units|customer|key|state|snapshot;
                                     accepted, not yet known to be in the database
``flash:{sku}:ITEM:holds``  hash     order -> units|customer; in the database and unpaid
``flash:{sku}:ITEM:late``   set      orders released while the counters were being loaded
==========================  =======  ==========================================================

``run`` is the server's run id when the counters were loaded: after a restart they are not believed until
they are loaded again.
"""
