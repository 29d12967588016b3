"""`killing_program.py FILE PROGRAM…` runs the program, and kills who started it before or after, when FILE says so.

FILE holds `before N` or `after N`: at the N-th run from now. The program acts in any case: only the one who asked is dead.
It holds `ended` when it has acted on behalf of the dead.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path


def main(file: Path, program: list[str]) -> int:
    when, parent = _when(file), os.getppid()
    if when == "before":
        os.kill(parent, signal.SIGKILL)
    code = subprocess.run(program, check=False, close_fds=False).returncode
    if when == "after":
        os.kill(parent, signal.SIGKILL)
    if when:
        file.write_text("ended", encoding="utf-8")
    return code


def _when(file: Path) -> str:
    when, _, left = file.read_text(encoding="utf-8").partition(" ")
    if not left:
        return ""
    file.write_text(f"{when} {int(left) - 1}" if int(left) > 1 else "", encoding="utf-8")
    return when if int(left) == 1 else ""


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
