"""A CA that is a program: `command_ca.py STATE` answers one call of the adapter `command` and keeps its state in a file.

Run on its own with the standard library alone, as an administrator would write it, and badly: a second revocation is
carried out and overwrites reason and date. The desk must not send one.
"""

import fcntl
import json
import sys
from datetime import UTC, datetime
from pathlib import Path


def main(file: Path) -> int:
    call = json.load(sys.stdin)
    with file.open("r+") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        state = json.load(opened)
        code, answer = answer_to(call, state)
        opened.seek(0)
        opened.truncate()
        json.dump(state, opened)
    if call["call"] == "list":
        write_list(state, int(call["mark"] or 0))
        return 0
    json.dump(answer, sys.stdout)
    return code


def write_list(state: dict, behind: int) -> None:
    """What it issued behind the mark, which counts certificates."""
    for certificate in state["certificates"][behind:]:
        sys.stdout.write(json.dumps({"certificate": certificate}) + "\n")
    sys.stdout.write(json.dumps({"mark": str(len(state["certificates"]))}) + "\n")


def answer_to(call: dict, state: dict) -> tuple[int, dict]:
    if call["call"] in {"probe", "list"}:
        return 0, {}
    if call["issuer_key_identifier"] != state["issuer"]:
        return 1, {"why": "wrong_issuer", "message": "not one of ours"}
    if call["call"] == "publish_crl":
        return 0, {}
    serial = call["serial"]
    revoked = state["revoked"].get(serial)
    if call["call"] == "lookup":
        if revoked:
            return 0, {"state": "revoked", **revoked}
        return 0, {"state": "good" if serial in state["issued"] else "unknown"}
    if serial not in state["issued"]:
        return 1, {"why": "unknown_serial", "message": "never issued"}
    now = datetime.now(UTC).replace(microsecond=0).isoformat()  # noqa: TID251
    state["revoked"][serial] = {"reason": call["reason"], "revoked_at": now}
    state["log"].append(serial)
    return 0, {"result": "accepted", "revoked_at": now, "is_repeat": False}


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
