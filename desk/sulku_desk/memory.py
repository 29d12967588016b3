"""How a process with many threads keeps its memory flat: what is large and done with goes back to the system at once.

glibc gives each thread a heap of its own and, once a large block was freed, takes the next of that size from a heap,
where it leaves a hole: a CRL of megabytes, read by one thread after another, is kept many times over.
"""

from __future__ import annotations

import ctypes

# The numbers of mallopt(3).
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_LARGE = 256 * 1024  # octets
_HEAPS = 2


def give_large_blocks_back() -> None:
    """For the whole process, from now on. Where there is no glibc nothing is changed."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    mallopt(_M_ARENA_MAX, _HEAPS)
    mallopt(_M_MMAP_THRESHOLD, _LARGE)
    mallopt(_M_TRIM_THRESHOLD, _LARGE)
