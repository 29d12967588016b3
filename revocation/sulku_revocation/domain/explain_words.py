"""The closed lists behind `sulku explain`: every word it can print, and what it means. `docs/explain.md` shows them."""

from __future__ import annotations

NEEDS: dict[str, str] = {
    "certificate": "It is not clear which certificate is meant: none, several, or one of those named is unknown.",
    "reason": "The request gives no reason. It can be carried out without one; the entry then has no reason code.",
    "confirmation": "The mail takes something back, makes a condition, contradicts itself, or comes from somebody who "
    "is not the holder.",
    "second_factor": "The requester is not identified well enough yet: call back, passphrase or another contact.",
    "proof": "A third party reports a compromise without a proof that a machine could verify.",
    "password": "An attached archive is encrypted: its password is missing.",
    "readable_mail": "Part of the mail cannot be read by machine (encrypted, a scan, a picture, another language): a "
    "person looks.",
    "legal": "A court, the police, a lawyer or a threat stands in it: a supervisor sees it before it is answered.",
}

WHY: dict[str, str] = {
    "serial": "Its serial number stands in the mail.",
    "fingerprint": "Its fingerprint (SHA-1 or SHA-256) stands in the mail.",
    "certificate": "The certificate itself came along.",
    "spki": "The digest of its public key, the key itself, or a request made with it came along.",
    "common_name": "Its common name stands in the mail.",
    "oid": "The object identifier of its organisation stands in the mail.",
    "host_name": "A host name it is valid for stands in the mail.",
    "business_id": "The Business ID of its holder stands in the mail.",
    "organisation": "The name of its holder stands in the mail.",
    "near_serial": "A serial number in the mail is one slip of the pen away from its own. Shown, never chosen.",
    "near_host_name": "A host name in the mail is one slip of the pen away from one of it. Shown, never chosen.",
    "near_organisation": "A name in the mail is like that of its holder. Shown, never chosen.",
    "same_key": "It has the same key as a certificate whose key is compromised.",
    "spared": "The mail names it as the new one, the one that stays, or the exception, only mentions it beside what it "
    "asks for, strikes it out, or marks its "
    "row so. Shown, not chosen.",
    "held": "The mail is a drill, makes a condition, or takes back what it asks for. Shown, not chosen.",
    "not_proven": "The mail proves the compromise of another key and is not its holder's. Shown, not chosen.",
    "chosen_by_reply": "The requester chose it of those that the desk had listed.",
    "expired": "It has expired.",
    "revoked": "It is already revoked.",
}

REFERENCE_KINDS: dict[str, str] = {
    "serial": "A serial number. Digits alone are read as hex and as decimal. Exact.",
    "fingerprint": "SHA-1 or SHA-256 of a certificate. Exact.",
    "certificate": "A certificate; the value is the SHA-256 of its DER. Exact.",
    "spki": "A public key; the value is the SHA-256 of its normalised SubjectPublicKeyInfo. Exact.",
    "common_name": "A subject's common name. Exact together with the organisation's object identifier.",
    "oid": "An organisation's object identifier.",
    "host_name": "A host name as A-labels.",
    "business_id": "A Business ID (Y-tunnus) with the right check digit.",
    "organisation": "An organisation's name.",
}

REFERENCE_PLACES: dict[str, str] = {
    "subject": "The subject.",
    "text": "The new text, plain or HTML; never quoted history.",
    "html": "The HTML text, where it says more than the plain one.",
    "attachment": "An attached file.",
    "forwarded": "A forwarded mail.",
}

CLASSES: dict[str, str] = {
    "revocation_request": "Somebody asks for a certificate of theirs (or of their customer) to be revoked.",
    "problem_report": "A third party reports a compromised key or another fault of a certificate.",
    "application": "A question or a file about an application for a certificate.",
    "support": "Anything else that a person wrote; also unwanted mail, which is never dropped.",
    "misdirected": "A matter of card certificates: the answer is the number 0800 162 622.",
    "automatic": "Written by a machine: absence notice, receipt, calendar.",
    "bounce": "A delivery report about one of our mails.",
}

URGENCIES: dict[str, str] = {
    "P0": "Key compromise proven by machine.",
    "P1": "Key compromise suspected.",
    "P2": "An ordinary revocation request, a taking back of one, or a mail that could hide one.",
    "P3": "Everything else.",
}

OUTCOMES: dict[str, str] = {
    "matched": "Every exact reference hits exactly one certificate, and there is at least one.",
    "ambiguous": "There are candidates, and a person must choose or complete.",
    "unmatched": "Nothing on file is meant by the mail, as far as it can be read.",
}

ASSURANCES: dict[str, str] = {
    "L0": "The sender is not known, or it is open who wrote.",
    "L1": "The From address is a registered contact's; nothing shows that it was not forged.",
    "L2": "Registered, and DMARC passed for its domain.",
    "L3": "An address on file and a second factor, recorded by an operator.",
    "L4": "A valid signature, the e-service, or the certificate's own key.",
}

PROOFS: dict[str, str] = {
    "private_key": "The private key itself.",
    "kca_request": "A request that states the compromise (`kca=v1`).",
    "proof_request": "A request whose subject states the compromise.",
    "pock": "A self-signed certificate of proof.",
    "pwnedkeys": "A pwnedkeys statement.",
    "signed_nonce": "Our sentence with a nonce, signed with the key.",
    "acme": "An ACME revocation signed with the key.",
    "weak_key": "A key that anybody can compute.",
}

REFUSALS: dict[str, str] = {
    "invalid_key": "It is no key that holds together: damaged, or forged around somebody else's public key.",
    "bad_signature": "The signature is not that of the key.",
    "weak_hash": "It is signed over SHA-1 or MD5, with room for a collision.",
    "no_statement": "It does not say that the key is compromised.",
    "key_too_large": "A key beyond 8,192 bits, or a file beyond what any key needs.",
    "explicit_parameters": "An EC key that brings a curve of its own.",
    "unsupported": "A kind of key or of encryption that the desk does not read.",
    "password_needed": "It is encrypted, and no password in the mail opens it.",
    "too_costly": "It is made to burn time: rounds without end, nesting without end.",
    "unknown_key": "The public key that should have signed it did not come along, and no certificate on file has it.",
    "other_address": "It is an order to another CA.",
    "other_ticket": "The sentence belongs to another ticket.",
    "nonce_unknown": "The sentence is none of ours.",
    "nonce_expired": "The sentence was asked for more than 24 hours ago.",
    "nonce_used": "The sentence was used already.",
    "control_only": "The nonce alone is signed: that shows who holds the key, not that it leaked.",
    "damaged": "It cannot be read.",
}

LANGUAGES: dict[str, str] = {"fi": "Finnish.", "sv": "Swedish.", "en": "English, also for every other language."}

REASONS: dict[str, str] = {
    "keyCompromise": "1: the key is, or may be, in other hands.",
    "affiliationChanged": "3: the organisation's data have changed.",
    "superseded": "4: another certificate has replaced it.",
    "cessationOfOperation": "5: it is no longer needed.",
}

# Facts that `because` names besides the rules of `wording_rules.py`.
FACTS: dict[str, str] = {
    "automatic": "The headers say that a machine wrote it.",
    "address_on_file": "The From address is a registered contact's.",
    "address_not_on_file": "The From address is on no holder's file.",
    "domain_on_file": "The domain of the From address is this holder's; the address itself is nobody's on file.",
    "no_identity": "The mail has no single From address.",
    "identity_doubtful": "A defect leaves it open who wrote.",
    "dmarc_aligned": "DMARC passed for the From domain.",
    "dmarc_failed": "DMARC failed for the From domain.",
    "dkim_result": "A server's signature (DKIM): its result, whose it is, and why where it does not count.",
    "spf_result": "Whether the delivering server may send for the domain of the envelope (SPF).",
    "arc_result": "What servers on the way sealed (ARC): the result and who sealed.",
    "smime_result": "The mail is signed (S/MIME): what that is worth, and the addresses in the certificate.",
    "smime_valid": "A registered person's valid signature (S/MIME).",
    "certificate_key_signed": "Signed with the key of a live certificate of the same holder.",
    "signature_old": "The signature is older than a week, or does not say when it was made: it may be sent again.",
    "subject_not_signed": "A certificate is named in the subject alone, which no signature covers.",
    "was_encrypted": "It came encrypted to the desk and was opened.",
    "other_holder": "The sender is a contact of another holder than the certificate's.",
    "private_key": "A private key stands in the mail or is attached to it.",
    "proof_verified": "A machine verified that this key is compromised.",
    "proof_refused": "It looks like a proof of compromise and is none, for this reason.",
    "unclear_reference": "This reference hits nothing, several, or contradicts the others.",
    "other_letters": "This number has letters of another alphabet that look like hex. It is looked up as it looks, and "
    "chooses nothing: a person compares.",
    "encrypted": "It is encrypted with a key that the desk does not have.",
    "unreadable": "This part cannot be read by machine.",
    "other_format": "A file of a kind that the desk does not open (old Word, RAR and others): a person opens it with "
    "care, or its sender sends the same in another format.",
    "wanted_time": "The mail asks for a revocation at this time; it counts as received then (REV-6.2.4-05A).",
    "several_wanted_times": "The mail names several times at which to revoke, or none exactly: a person asks when.",
    "compromise_does_not_wait": "A later time is wished for, but a key compromise is not held back.",
    "own_address": "The mail comes from one of our own addresses.",
}
