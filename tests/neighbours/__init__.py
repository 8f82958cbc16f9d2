"""The SDKs of others, installed as their users install them, against what we send.

Not part of the suite: ``python -m tests.run tests/neighbours``. They come from their registries into a temporary
folder, in the versions that are written here.
"""
