"""The pictures of the demo catalog, drawn: ``python -m services.demo.drawing`` writes them anew.

Only for who changes the catalog. A shop reads the files, and needs nothing of this.
"""
