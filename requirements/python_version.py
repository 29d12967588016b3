"""Say in plain words when Python is too old or has no venv, before anything fails in less plain ones."""

import importlib.util
import sys

if sys.version_info < (3, 11):  # noqa: UP036  it is run by whatever Python there is
    sys.exit("Sulku needs Python 3.11 or newer. Install it, then: make PYTHON=python3.11 …")
if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
    sys.exit("Python's venv is missing. On Debian and Ubuntu: apt install python3-venv")
