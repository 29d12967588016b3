"""One file for each CA that the contract's cases run against: its real server, and what the CA itself holds.

A file offers `open_case(folder) -> context manager of CaseCa` and is named in `tests/contract/cas/known.py`.
"""
