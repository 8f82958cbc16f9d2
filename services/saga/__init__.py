"""Sagas: several transactions that are all done or all undone, whatever process dies in between.

A plan, which is handed in, says which steps there are (``services/checkout/steps.py``); ``run_saga.py`` does them,
``resume_sagas.py`` goes on with what others left.
"""
