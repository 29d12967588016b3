"""What the console says about who sent a mail: English → (Finnish, Swedish)."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "Who sent it": ("Kuka sen lähetti", "Vem som sände det"),
    "Delivered by": ("Toimittanut palvelin", "Levererat av"),
    "Encrypted on the way": ("Salattu matkalla", "Krypterat på vägen"),
    "Came unencrypted": ("Tuli salaamatta", "Kom okrypterat"),
    "Not checked": ("Ei tarkistettu", "Inte kontrollerat"),
    "Signature of the sender's server (DKIM)": (
        "Lähettäjän palvelimen allekirjoitus (DKIM)",
        "Underskrift av avsändarens server (DKIM)",
    ),
    "Server allowed to send (SPF)": ("Palvelin saa lähettää (SPF)", "Servern får sända (SPF)"),
    "Domain in From proven (DMARC)": (
        "Lähettäjän verkkotunnus todistettu (DMARC)",
        "Avsändarens domän bevisad (DMARC)",
    ),
    "Sealed on the way (ARC)": ("Sinetöity matkalla (ARC)", "Förseglat på vägen (ARC)"),
    "Stated by our own servers": ("Omien palvelinten ilmoittama", "Uppgivet av våra egna servrar"),
    "Signature of a person (S/MIME)": ("Henkilön allekirjoitus (S/MIME)", "En persons underskrift (S/MIME)"),
    "Signer": ("Allekirjoittaja", "Undertecknare"),
    "Signer's certificate": ("Allekirjoittajan varmenne", "Undertecknarens certifikat"),
    "Came encrypted to the desk": ("Tuli päivystykselle salattuna", "Kom krypterat till jouren"),
    "Records of the DNS as they stood": ("Nimipalvelun tietueet sellaisina kuin ne olivat", "DNS-posterna som de löd"),
}
