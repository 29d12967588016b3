"""Fail when the demo did not do what it promises."""

import json
import sys
from pathlib import Path

result = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
print(json.dumps(result, indent=2))
promises = {
    "a dozen mails or more": result["mails"] >= 12,
    "each with its ticket": result["tickets"] >= 10,
    "two revocations seen on CRL and OCSP": result["revoked"] >= 2,
    "seen within five seconds": result["visible_median_s"] is not None and result["visible_median_s"] <= 5,
    "somebody was paged": result["pages"] >= 1,
    "answers went out": result["sent"] >= 12,
    "the audit trail verifies": result["audit_ok"] and result["audit_entries"] > 0,
}
broken = [promise for promise, holds in promises.items() if not holds]
sys.exit("The demo broke its promise: " + ", ".join(broken) if broken else 0)
