"""Imports and exports that staff start over the API, and workers do.

A worker takes a job by its row, for some seconds at a time, as long as it is at it. When it dies another takes it
and begins anew: what an import writes, and that the job is done, is one transaction, and only the last one who
took a job may end it. So no row is written twice. How far it is is told through Redis, as a database with one
writer (SQLite) takes nothing else until an import has ended.
"""
