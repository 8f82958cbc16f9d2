"""Sagas: several transactions that are all done or all undone, whatever process dies in between.

``plans.py`` says which steps there are, ``run.py`` does them, ``resume.py`` goes on with what others left.
"""
