"""The policy as it is delivered, as the text that `sulku init` writes and an administrator edits.

The asymmetry behind it: a hospital's certificate revoked wrongly stops prescriptions, one *not* revoked lets patients'
data leak. So proof of compromise counts whoever sent it, a holder's word that a key leaked counts quickly, and all
else waits until the requester is confirmed.
"""

from __future__ import annotations

from sulku_revocation.domain.policy_file import parse_policy

DEFAULT_POLICY_TEXT = """\
# Who must be how sure before a certificate is revoked. The first rule whose `when` fits answers, and its name stands in
# every decision with this version. Try a changed file first: `sulku policy test FILE` says what would become different.
#
# A rule:
#   name         how it is called in decisions and in the audit
#   when         a list of alternatives, one of which must fit; without it the rule always fits (the last one must)
#   assurance    the lowest rung of the requester's ladder, L0 to L4
#   decided_by   "operator" or "supervisor"; another person approves in any case
#   needs        "evidence": what was tried to confirm it stands on the ticket
#                "confirmation": the holder agreed at the number on file or by the passphrase
#   sentence     why, for people; ends with a full stop
#
# An alternative may say: proven_compromise, holder, holder_agrees (true or false), reason (a list of names),
# assurance_at_least, assurance_below (a rung), older_than_hours (a number).
#
# A file that would let a mail alone revoke something is refused: only a compromise that a machine has proven, or that
# the holder asserts from an address on file with DMARC (L2), goes without a second factor, evidence or confirmation.

version = "2026-11"

# Whether a compromise that a machine has proven is revoked with nobody's help. Nothing else ever is.
automatic_when_proven = false

[[rule]]
name = "proven_compromise"
when = [{ proven_compromise = true }]
assurance = "L0"
decided_by = "operator"
sentence = "A machine verified that the private key is compromised: it is revoked whoever sent the proof."

[[rule]]
name = "compromise_asserted_by_holder"
when = [{ reason = ["keyCompromise"], holder = true, assurance_at_least = "L2" }]
assurance = "L2"
decided_by = "operator"
sentence = "The holder says that the key is compromised, and is known at L2 or better (DMARC, call-back, signature): \
operator and approver revoke at once, the call-back runs in parallel."

# TLS BR 7.2.2: never a subscriber's; nobody asks for it, so that there is no requester to be sure of.
[[rule]]
name = "own_ground"
when = [{ reason = ["privilegeWithdrawn"] }]
assurance = "L0"
needs = ["evidence"]
decided_by = "supervisor"
sentence = "It is the CA's own ground: a supervisor decides, what was found stands on the case as evidence \
and another person approves."

# ETSI EN 319 411-1 REV-6.2.4-03BA/-03BB: an exception, with what was tried and why it was decided so.
[[rule]]
name = "unconfirmed_after_20_hours"
when = [{ older_than_hours = 20, holder_agrees = false, assurance_below = "L3" }]
assurance = "L0"
needs = ["evidence"]
decided_by = "supervisor"
sentence = "The request could not be confirmed in 20 hours: a supervisor decides with a written reason \
and what was tried stands on the case as evidence."

# Whose mail leaves it open who wrote stays below L3; what the holder says on the phone counts all the same.
[[rule]]
name = "confirmed_holder"
when = [{ holder = true, assurance_at_least = "L3" }, { holder = true, holder_agrees = false }]
assurance = "L3"
decided_by = "operator"
sentence = "The holder's request is confirmed by a second factor (L3) and approved by another person."

# Whoever is sure to be somebody else is still somebody else, and whoever has lost every mailbox still has a phone.
[[rule]]
name = "confirmed_by_holder"
assurance = "L0"
needs = ["confirmation"]
decided_by = "operator"
sentence = "The requester is unknown or not the holder on file: the holder agreed at the number on file or by \
the passphrase, which stands on the case, and another person approves."
"""

DEFAULT_POLICY = parse_policy(DEFAULT_POLICY_TEXT, "the policy as delivered")
