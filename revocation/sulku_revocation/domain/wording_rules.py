"""The rules over the words of a mail: each a row of a table of the concepts of `lexicon.py` that tell something.

A rule is a handful of concepts that stand near each other in one sentence, in any order: Finnish and Swedish put the
verb where they like. `wording.py` finds out which of them hit.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sulku_revocation.domain.reason_code import ReasonCode


class Meaning(StrEnum):
    """What a sentence can say."""

    COMPROMISE = "compromise"
    NO_COMPROMISE = "no_compromise"
    REVOKE = "revoke"
    WITHDRAW = "withdraw"
    STAYS = "stays"
    SUPERSEDED = "superseded"
    CESSATION = "cessation"
    AFFILIATION = "affiliation"
    CARD = "card"
    APPLICATION = "application"
    THIRD_PARTY = "third_party"
    FAULT = "fault"
    OWN = "own"
    CONDITION = "condition"
    HOLD = "hold"
    QUESTION = "question"
    LEGAL = "legal"
    FOREIGN = "foreign"
    SPAM = "spam"


REASONS = {
    Meaning.COMPROMISE: ReasonCode.KEY_COMPROMISE,
    Meaning.AFFILIATION: ReasonCode.AFFILIATION_CHANGED,
    Meaning.SUPERSEDED: ReasonCode.SUPERSEDED,
    Meaning.CESSATION: ReasonCode.CESSATION_OF_OPERATION,
}


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A row of the table, equal to itself only.

    `needs`: concepts that must stand within `near` words of each other; `unless`: concepts that forbid it there.

    `in_one_clause`: no comma and no "and" may stand between them; `unless_not`: a "not" before it takes it
    away.
    """

    id: str
    meaning: Meaning
    needs: tuple[str, ...]
    weight: int
    near: int = 12
    unless: tuple[str, ...] = ()
    in_one_clause: bool = False
    unless_not: bool = False


_M = Meaning
RULES: tuple[Rule, ...] = (
    # As in «avaimemme on vuotanut», «nyckeln har röjts», «the private key was leaked», «keyCompromise».
    Rule("key_leaked", _M.COMPROMISE, ("key", "leak"), 3),
    Rule("certificate_compromised", _M.COMPROMISE, ("certificate", "leak"), 3, near=8),
    # "yksityinen avain päätynyt julkiseen repoon", "we found your private key on GitHub"
    Rule("key_made_public", _M.COMPROMISE, ("key", "landed", "public"), 3),
    Rule("key_in_public_place", _M.COMPROMISE, ("key", "public_place"), 3, near=8),
    Rule("key_in_public", _M.COMPROMISE, ("key", "public", "suspect"), 3),
    Rule("key_in_wrong_hands", _M.COMPROMISE, ("key", "outsider"), 3, near=8),
    # Taken along, copied, or gone: whoever has it now may use it.
    Rule("key_taken", _M.COMPROMISE, ("key", "taken"), 2, near=6, unless=("in_use",)),
    Rule("key_gone", _M.COMPROMISE, ("key", "gone"), 2, near=8),
    Rule("carrier_lost", _M.COMPROMISE, ("carrier", "key", "lost"), 2, near=10),
    Rule("carrier_left", _M.COMPROMISE, ("carrier", "key", "left_behind"), 2, near=10),
    # Baseline Requirements, 4.9.1.1 (4): the key can be computed.
    Rule("key_weak", _M.COMPROMISE, ("key", "weak"), 3, near=5, unless=("application", "csr", "ask_how", "how")),
    Rule("key_shared", _M.COMPROMISE, ("key", "shared", "external"), 2, unless=("csr", "application")),
    Rule("key_spread", _M.COMPROMISE, ("key", "spread"), 3, near=6),
    Rule("key_no_longer_secret", _M.COMPROMISE, ("key", "not", "longer", "secret"), 2, near=10),
    Rule("key_got_out", _M.COMPROMISE, ("key", "got", "out_of"), 2, near=8),
    Rule("key_is_public", _M.COMPROMISE, ("key", "is", "public"), 2, near=3, unless=("ask_how", "if")),
    Rule("key_read", _M.COMPROMISE, ("someone", "read_by", "key"), 2),
    Rule("key_to_the_wrong_one", _M.COMPROMISE, ("key", "wrong", "recipient"), 3, near=10),
    Rule("key_sent_by_accident", _M.COMPROMISE, ("key", "landed", "accident"), 2, near=10),
    Rule("key_unprotected", _M.COMPROMISE, ("key", "unprotected"), 2, near=8),
    Rule("key_not_safe", _M.COMPROMISE, ("key", "not", "safe"), 2, near=8),
    Rule("key_with_someone", _M.COMPROMISE, ("key", "someone", "has"), 2, near=4),
    Rule("key_used_wrongly", _M.COMPROMISE, ("key", "wrongly", "in_use"), 2, near=6),
    Rule("key_misused", _M.COMPROMISE, ("key", "misuse"), 3, near=8),
    Rule("key_with_former_employee", _M.COMPROMISE, ("key", "former", "employee"), 2, near=8),
    Rule("key_suspected", _M.COMPROMISE, ("key", "suspect"), 2, near=8),
    # "palvelin murrettu", "servern har hackats", "our server was breached", "palvelimen tiedot vaarantuneet"
    Rule("system_broken_into", _M.COMPROMISE, ("system", "breach"), 3),
    Rule("system_compromised", _M.COMPROMISE, ("system", "leak"), 3, near=6),
    Rule("system_entered", _M.COMPROMISE, ("system", "enter", "inside"), 2, near=8),
    Rule("system_robbed", _M.COMPROMISE, ("system", "carried_off"), 2, near=6),
    Rule("system_read", _M.COMPROMISE, ("someone", "read_by", "system"), 2, near=6),
    Rule("stranger_logged_in", _M.COMPROMISE, ("someone", "logged_in", "system"), 2, near=8),
    Rule("system_misused", _M.COMPROMISE, ("system", "without_leave"), 2, near=6),
    Rule("key_nobody_finds", _M.COMPROMISE, ("not", "know", "where", "key", "is"), 2, near=8, unless=("public_half",)),
    Rule("security_incident", _M.COMPROMISE, ("security", "incident", "key"), 2, near=6),
    Rule("break_in_suspected", _M.COMPROMISE, ("breach", "suspect"), 3),
    Rule("break_in", _M.COMPROMISE, ("breach",), 2),
    Rule("certificate_misused", _M.COMPROMISE, ("certificate", "misuse"), 2, near=8),
    # "sulkekaa varmenne", "spärra certifikatet", "please revoke"
    Rule("revoke_certificate", _M.REVOKE, ("revoke", "certificate"), 3, near=10),
    Rule("revoke_please", _M.REVOKE, ("revoke", "please"), 3, near=10),
    Rule("revoke_order", _M.REVOKE, ("revoke_order",), 3),
    Rule("revocation_request", _M.REVOKE, ("revoke_noun", "request"), 3, near=4),
    Rule("revoke_this", _M.REVOKE, ("revoke", "label_serial"), 3),
    Rule("onto_revocation_list", _M.REVOKE, ("onto_list", "certificate"), 2),
    Rule("revoke_word", _M.REVOKE, ("revoke",), 2),
    Rule("revoked_please", _M.REVOKE, ("revoked", "please"), 2, near=6, unless=("how",)),
    Rule("may_be_revoked", _M.REVOKE, ("may_be", "revoked"), 2, near=2, unless=("ask_how",)),
    Rule("take_out_of_use", _M.REVOKE, ("take", "out_of", "in_use", "certificate"), 2, near=6, unless_not=True),
    Rule(
        "take_away_out_of_use",
        _M.REVOKE,
        ("take", "away", "out_of"),
        2,
        near=4,
        unless=("system", "ask_how"),
        unless_not=True,
    ),
    Rule("take_away", _M.REVOKE, ("take", "away", "certificate"), 2, near=4, unless=("system",), unless_not=True),
    Rule("disable_certificate", _M.REVOKE, ("disable", "certificate"), 2, near=5, unless_not=True),
    Rule(
        "may_be_removed",
        _M.REVOKE,
        ("may_fi", "remove", "certificate"),
        2,
        near=6,
        unless=("system", "ask_how"),
        unless_not=True,
    ),
    Rule("cancel_certificate", _M.REVOKE, ("cancel", "certificate"), 2, near=4, unless=("request",), unless_not=True),
    # "älkää sulkeko", "spärra inte", "do not revoke", "väärä hälytys", "was a mistake"
    Rule("do_not_revoke", _M.WITHDRAW, ("do_not", "revoke"), 3, near=3, in_one_clause=True),
    Rule("on_no_account", _M.WITHDRAW, ("do_not", "circumstances", "revoke"), 3, near=6, in_one_clause=True),
    Rule(
        "ought_not_be_revoked",
        _M.WITHDRAW,
        ("ought", "not", "revoked"),
        3,
        near=3,
        unless=("ask_how", "if", "yet"),
        in_one_clause=True,
    ),
    Rule("no_need_to_revoke", _M.WITHDRAW, ("not", "needed", "revoke"), 3, near=6, in_one_clause=True),
    # «Serial no: … please revoke» says no such thing.
    Rule(
        "not_wanted", _M.WITHDRAW, ("not", "please", "revoke"), 2, near=4, unless=("label_serial",), in_one_clause=True
    ),
    Rule(
        "not_closed", _M.WITHDRAW, ("plain_no", "not_closed"), 3, near=3, unless=("if", "ask_how"), in_one_clause=True
    ),
    Rule("not_wanted_revoked", _M.WITHDRAW, ("not", "want", "revoked"), 3, near=5, unless=("ask_how",)),
    Rule("refrain", _M.WITHDRAW, ("refrain", "revoke"), 3, near=5, unless=("not",)),
    Rule("let_it_be", _M.WITHDRAW, ("let", "be", "revoke"), 3, near=5),
    Rule(
        "never_placed", _M.WITHDRAW, ("never", "placed", "revoke_noun"), 3, near=6, unless=("yet",), in_one_clause=True
    ),
    Rule("request_recalled", _M.WITHDRAW, ("recall", "own", "request"), 3, near=3),
    Rule("groundless", _M.WITHDRAW, ("revoke_noun", "groundless"), 3, near=8, unless=("not",)),
    Rule("forget_revoking", _M.WITHDRAW, ("ignore", "revoke_noun"), 3, near=4, unless=("not", "if")),
    Rule("never_asked", _M.WITHDRAW, ("never", "asked", "revoke"), 3, near=9, in_one_clause=True),
    Rule("never_asked_for_it", _M.WITHDRAW, ("never", "asked", "this_wish"), 3, near=5, in_one_clause=True),
    Rule("objects", _M.WITHDRAW, ("object", "revoke"), 3, near=6, unless=("not",)),
    Rule("not_accepted", _M.WITHDRAW, ("never", "accept", "revoke"), 3, near=6, in_one_clause=True),
    Rule("not_from_us", _M.WITHDRAW, ("request", "not", "from_us"), 3, near=8, unless=("if",)),
    Rule("was_fraud", _M.WITHDRAW, ("message", "fraud"), 3, near=5, unless=("if", "not")),
    Rule("wait_with_it", _M.WITHDRAW, ("wait", "revoke"), 3, near=5, unless=("not",), in_one_clause=True),
    Rule("do_not_proceed", _M.WITHDRAW, ("do_not", "proceed", "revoke"), 3, near=6, in_one_clause=True),
    Rule("leave_unrevoked", _M.WITHDRAW, ("leave", "unrevoked"), 3, near=5),
    Rule("ignore_message", _M.WITHDRAW, ("ignore", "previous", "message"), 3, near=5, unless=("small_print",)),
    Rule(
        "ignore_this",
        _M.WITHDRAW,
        ("ignore", "this_thing"),
        2,
        near=2,
        unless=("not", "if", "small_print"),
        in_one_clause=True,
    ),
    Rule("never_mind", _M.WITHDRAW, ("never_word", "mind"), 3, near=1),
    Rule("nevermind", _M.WITHDRAW, ("never_mind",), 3),
    # «EDIT: peruttu», «tämä on peruttu»; a certificate that is «cancelled» is one that was revoked.
    Rule("edited_off", _M.WITHDRAW, ("edited", "called_off"), 3, near=4, unless=("certificate", "not")),
    Rule("edited_settled", _M.WITHDRAW, ("edited", "settled"), 2, near=4, unless=("certificate", "not", "revoke")),
    Rule(
        "called_off",
        _M.WITHDRAW,
        ("this_thing", "called_off"),
        2,
        near=3,
        unless=("certificate", "not", "application", "revoke"),
    ),
    Rule("sent_by_mistake", _M.WITHDRAW, ("sent", "message", "mistake"), 3, near=9),
    Rule("mind_changed", _M.WITHDRAW, ("turned", "mind"), 3, near=3),
    Rule("false_alarm", _M.WITHDRAW, ("false", "alarm"), 3, near=3),
    Rule("request_was_mistake", _M.WITHDRAW, ("mistake", "request"), 3, near=8, unless=("revoke_order",)),
    Rule("revocation_was_mistake", _M.WITHDRAW, ("mistake", "revoke_noun"), 3, near=8, unless=("revoke_order",)),
    Rule("cancel_request", _M.WITHDRAW, ("cancel", "request"), 3, near=4),
    Rule("call_it_off", _M.WITHDRAW, ("call_off",), 2, unless=("certificate", "application", "revoke", "if", "how")),
    Rule("cancel_revocation", _M.WITHDRAW, ("cancel", "revoke_noun"), 3, near=3),
    # What stays in force; in a mail that asks for nothing this takes back what was asked for before.
    Rule("stays_in_force", _M.STAYS, ("stay", "in_force"), 2, near=4, unless=("revoke",), in_one_clause=True),
    Rule("do_not_touch", _M.STAYS, ("do_not", "touch"), 2, near=3, in_one_clause=True),
    Rule("hold_off", _M.STAYS, ("hold_word", "off_word"), 2, near=1, unless=("do_not",)),
    Rule("still_needed", _M.STAYS, ("still", "is_needed"), 2, near=2, unless=("revoke", "if")),
    Rule("let_be", _M.STAYS, ("let", "leave_be"), 2, near=3),
    Rule("keep_it", _M.STAYS, ("keep",), 2, unless=("revoke",)),
    Rule("halt", _M.STAYS, ("halt",), 2, unless=("in_use", "ask_how")),
    # Why.
    Rule("replaced", _M.SUPERSEDED, ("replaced",), 2),
    Rule("renewed", _M.SUPERSEDED, ("renewed",), 1),
    Rule("to_be_replaced", _M.QUESTION, ("to_be", "replaced"), 2, near=3),
    Rule("does_not_work", _M.QUESTION, ("not", "work"), 2, near=3, unless=("removed", "unneeded")),
    Rule("new_in_use", _M.SUPERSEDED, ("new", "in_use"), 2, near=8),
    Rule("unneeded", _M.CESSATION, ("unneeded",), 2),
    Rule("activity_ends", _M.CESSATION, ("ends", "activity"), 2, near=6),
    Rule("not_needed", _M.CESSATION, ("not", "needed", "longer"), 2, near=8),
    Rule("no_longer_used", _M.CESSATION, ("not", "longer", "in_use"), 2, near=8),
    Rule("taken_out_of_use", _M.CESSATION, ("removed", "in_use"), 2, near=4),
    Rule("merged", _M.AFFILIATION, ("merged",), 2),
    Rule("organisation_changed", _M.AFFILIATION, ("organisation", "changed"), 2, near=6),
    # Other matters.
    Rule("card_lost", _M.CARD, ("card", "lost"), 3),
    Rule("card_locked", _M.CARD, ("card", "pin"), 3),
    Rule("card_to_revoke", _M.CARD, ("card", "revoke"), 3, near=6),
    Rule("application_status", _M.APPLICATION, ("application", "status"), 3),
    Rule("application_question", _M.APPLICATION, ("application", "how"), 3),
    Rule("application_certificate", _M.APPLICATION, ("application", "certificate"), 2),
    Rule("application_word", _M.APPLICATION, ("application",), 1),
    Rule("signing_request", _M.APPLICATION, ("csr",), 2),
    Rule("researcher", _M.THIRD_PARTY, ("researcher",), 2),
    Rule("problem_report", _M.THIRD_PARTY, ("problem", "report"), 2, near=3),
    Rule("found_key_in_public", _M.THIRD_PARTY, ("report", "key", "public"), 2, unless=("own",)),
    Rule("yours", _M.THIRD_PARTY, ("others", "certificate", "report"), 2, unless=("own",)),
    Rule("issued_by_you", _M.THIRD_PARTY, ("others", "leak"), 1, near=8, unless=("own",)),
    # What a certificate problem report may be about besides a key (Baseline Requirements, 4.9.1.1 and 4.9.3).
    Rule("misissued", _M.FAULT, ("misissued", "certificate"), 2),
    Rule("used_for_fraud", _M.FAULT, ("certificate", "phishing"), 2, near=10),
    Rule("used_by_impostor", _M.FAULT, ("certificate", "impersonates"), 2, near=10),
    Rule("against_the_rules", _M.FAULT, ("certificate", "violates"), 2, near=10),
    Rule("ours", _M.OWN, ("own", "certificate"), 2, near=4),
    Rule("our_key", _M.OWN, ("own", "key"), 2, near=2),
    Rule("our_system", _M.OWN, ("own", "system"), 2, near=4),
    # "kun uusi on käytössä", "när det nya är i bruk", "once the new one is live": a person finds out when that is.
    Rule("once_in_use", _M.CONDITION, ("revoke", "once", "in_use"), 2, near=16, unless=("just_now",)),
    Rule("once_ready", _M.CONDITION, ("revoke", "once", "ready"), 2, near=16, unless=("just_now",)),
    Rule("thereafter", _M.CONDITION, ("revoke", "thereafter"), 2, near=8),
    Rule("replaced_next_week", _M.CONDITION, ("being_replaced", "loose_time"), 2, near=8),
    Rule("replaced_some_day", _M.CONDITION, ("being_replaced", "day"), 2, near=8),
    Rule("will_be_replaced", _M.CONDITION, ("will", "replaced"), 2, near=3),
    # A drill, «älkää tehkö vielä mitään», «jos emme ilmoita, sulkekaa»: a person asks before anything is chosen.
    Rule("drill", _M.HOLD, ("drill",), 2, unless_not=True),
    Rule("exercise", _M.HOLD, ("this_wish", "exercise"), 2, near=4, unless_not=True),
    Rule(
        "only_a_test",
        _M.HOLD,
        ("this_thing", "test_word"),
        2,
        near=4,
        unless=("certificate", "system"),
        unless_not=True,
    ),
    Rule("prepare", _M.HOLD, ("prepare", "revoke"), 2, near=3, in_one_clause=True),
    Rule("do_not_act", _M.HOLD, ("do_not", "act"), 2, near=3, unless=("if", "how", "now"), in_one_clause=True),
    Rule("unless_we_tell", _M.HOLD, ("if", "not", "hear", "revoke"), 2, near=16),
    Rule("unless_told", _M.HOLD, ("unless", "hear", "revoke"), 2, near=16),
    Rule(
        "nothing_to_do",
        _M.HOLD,
        ("not", "calls_for", "measure"),
        2,
        near=4,
        unless=("revoke", "else"),
        in_one_clause=True,
    ),
    # Whoever threatens, or speaks for a court, is answered by nobody alone.
    Rule("court", _M.LEGAL, ("court",), 2, unless=("small_print",)),
    Rule("police_order", _M.LEGAL, ("police", "authority_order"), 2, near=8),
    Rule("threat", _M.LEGAL, ("threat",), 2),
    Rule("or_else", _M.LEGAL, ("or_else", "reprisal"), 2, near=4),
    Rule("abuse", _M.LEGAL, ("abuse",), 1),
    Rule("foreign_words", _M.FOREIGN, ("foreign",), 1),
    Rule("spam_words", _M.SPAM, ("spam",), 1),
)
