"""Print where tests put their databases: in memory where there is room, as thousands of fsyncs take minutes."""

import shutil
import tempfile
from pathlib import Path

ROOM = 4 * 2**30
memory = Path("/dev/shm")  # noqa: S108  only tests write there
is_roomy = memory.is_dir() and shutil.disk_usage(memory).free > ROOM
print(memory if is_roomy else tempfile.gettempdir())  # noqa: T201  what the Makefile reads
