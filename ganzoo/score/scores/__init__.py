"""The scores that come with ganzoo: each takes an `Exhibit` and gives a number, or several under names.

A score that the family or the data cannot have raises `Refused` with the reason. The arithmetic is in ``metrics/``.
"""
