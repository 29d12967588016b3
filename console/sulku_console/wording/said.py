"""What a sentence of a mail was taken to say, by the meaning of the rule that hit, in three languages."""

from __future__ import annotations

SAID = {
    "compromise": "It says that a key or a system is, or may be, compromised.",
    "no_compromise": "It says that nothing is compromised.",
    "revoke": "It asks for a revocation.",
    "withdraw": "It takes something back.",
    "stays": "It says that something stays in force.",
    "question": "It asks about revoking, and asks for no revocation.",
    "superseded": "It says that another certificate is in use now.",
    "cessation": "It says that it is no longer needed.",
    "affiliation": "It says that the organisation has changed.",
    "condition": "It makes a condition, or speaks of what is still to come.",
    "hold": "It says that nothing is to be done yet, or is a drill.",
    "legal": "It speaks of a court or the police, or threatens.",
    "card": "It is about a card.",
    "application": "It is about an application.",
    "third_party": "It reports about somebody else's certificate.",
    "fault": "It says that something is wrong with a certificate or its use.",
    "own": "It speaks of the writer's own certificate.",
    "foreign": "It has words of the matter in another language.",
    "spam": "It has words of unwanted mail.",
}
SAID_TRANSLATED: dict[str, tuple[str, str]] = {
    "said:compromise": (
        "Siinä sanotaan, että avain tai järjestelmä on tai voi olla vaarantunut.",
        "Det säger att en nyckel eller ett system är eller kan vara komprometterat.",
    ),
    "said:no_compromise": ("Siinä sanotaan, ettei mikään ole vaarantunut.", "Det säger att inget är komprometterat."),
    "said:revoke": ("Siinä pyydetään sulkemista.", "Det begär spärrning."),
    "said:withdraw": ("Siinä perutaan jotain.", "Det tar tillbaka något."),
    "said:question": (
        "Siinä kysytään sulkemisesta, mutta ei pyydetä sitä.",
        "Det frågar om spärrning men begär ingen.",
    ),
    "said:superseded": (
        "Siinä sanotaan, että toinen varmenne on käytössä.",
        "Det säger att ett annat certifikat används nu.",
    ),
    "said:cessation": ("Siinä sanotaan, ettei sitä enää tarvita.", "Det säger att det inte behövs längre."),
    "said:affiliation": (
        "Siinä sanotaan, että organisaatio on muuttunut.",
        "Det säger att organisationen har ändrats.",
    ),
    "said:card": ("Se koskee korttia.", "Det gäller ett kort."),
    "said:application": ("Se koskee hakemusta.", "Det gäller en ansökan."),
    "said:third_party": ("Siinä ilmoitetaan jonkun muun varmenteesta.", "Det rapporterar om någon annans certifikat."),
    "said:fault": (
        "Siinä sanotaan, että varmenteessa tai sen käytössä on jotain vialla.",
        "Det säger att något är fel med ett certifikat eller hur det används.",
    ),
    "said:own": ("Siinä puhutaan kirjoittajan omasta varmenteesta.", "Det talar om skribentens eget certifikat."),
    "said:spam": ("Siinä on roskapostin sanoja.", "Det innehåller skräppostord."),
    "said:stays": ("Siinä sanotaan, että jokin jää voimaan.", "Det säger att något fortsätter att gälla."),
    "said:condition": (
        "Siinä asetetaan ehto tai puhutaan siitä, mitä on vasta tulossa.",
        "Det ställer ett villkor eller talar om något som ännu ska ske.",
    ),
    "said:hold": (
        "Siinä sanotaan, ettei vielä saa tehdä mitään, tai se on harjoitus.",
        "Det säger att inget ska göras ännu, eller är en övning.",
    ),
    "said:legal": (
        "Siinä puhutaan tuomioistuimesta tai poliisista tai uhataan.",
        "Det talar om en domstol eller polisen, eller hotar.",
    ),
    "said:foreign": ("Siinä on asian sanoja muulla kielellä.", "Det har ord om saken på ett annat språk."),
}
