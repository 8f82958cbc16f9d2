"""Sagas: several transactions that are all done or all undone, whatever process dies in between.

A plan, which is handed in, says which steps there are (``services/checkout/plans.py``); ``run.py`` does them,
``resume.py`` goes on with what others left.
"""
