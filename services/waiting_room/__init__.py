"""The waiting room: a sale may ask for a ticket, and lets people in at a rate, in the order in which they came.

Tickets are rows of the database, so the line outlives every process and Redis. How many are let in follows from
the clock alone: nothing has to run for it. Who is let in gets a signed pass, which ``placeFlashOrder`` checks
without asking any store.
"""
