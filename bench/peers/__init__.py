"""What a user might pick instead, each run by its own environment's Python: `wire` says how.

These modules may use the standard library, numpy and their own library, nothing of the hub.
"""
