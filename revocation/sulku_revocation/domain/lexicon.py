"""The words of the field, by language, as stems: what `words.py` looks for and the rules of `wording_rules.py` combine.

A stem stands for every word that begins with it (`avaim` → avaimemme, avaimen). `=key` is that word only, `*varmen` any
word that has it inside (palvelinvarmenteen), `!sulkulis` takes words away again. Case and accents do not count, so that
`älkää` and `alkaa` are read alike. Finnish inflects by endings and stem changes, so each noun stands with its stems.
"""

from __future__ import annotations

from sulku_kernel.language import Language
from sulku_revocation.domain.lexicon_labels import LABELS
from sulku_revocation.domain.lexicon_matters import MATTERS

FI, SV, EN = Language.FI, Language.SV, Language.EN

LEXICON: dict[str, dict[Language, str]] = {
    # What may be lost.
    "key": {
        FI: "avain avaim *avaim *avain !avainsan !avainlip !avainhenk",
        SV: "nyckel nyckl *nyckel *nyckl !nyckeltal !nyckelord !nyckelper",
        EN: "=key =keys =key's privkey server.key private.key keypair keyfile keystore private-key keycompromise "
        "=pfx pfx- .pfx =p12 pkcs12",
    },
    "certificate": {FI: "*varmen !varmenty", SV: "*certifikat", EN: "certificat =cert =certs =cert's"},
    "system": {
        FI: "palvelin palvelim *palvelim järjestelm tietojärjestelm ympäristö tietoko työasem kannettav laittee laite "
        "verkko verkon =kone konee koneel konei",
        SV: "server system dator maskin nätverk miljö",
        EN: "server host machine laptop workstation system network environment infrastructure",
    },
    # What may have happened to it.
    "leak": {
        FI: "paljastu paljasta vuota vuotan vuoti =vuos vuodett vuoto vuodo vaarantu kompromet kompromi varastet "
        "varasti anaste kopioitu !vuotia !vuotis avainvuo avainvuod",
        SV: "läck röjt röjd röjs =röja röjan avslöja komprometter stul exponer kopierat nyckelläck",
        EN: "leak compromis expos dumped stolen disclos pwned exfiltrat breached keycompromise keyleak",
    },
    "landed": {
        FI: "päätyn päätyi päädy joutun joutui joudu päässy pääsi lait vie tallentu julkaist löyty löytä =meni menny "
        "lähet =lähti lähteny jäi jäiv jääny näky näkyn nähtävi commit kommit löysi löyde =luettavissa =ladattavissa",
        SV: "hamna kommit lades laddats publicera lagts hitta skicka ligg =låg legat synlig =finns =fanns mejla",
        EN: "found =published publish posted uploaded committed pushed ended discovered shared =sent =emailed "
        "=e-mailed =mailed included embedded visible readable "
        "accessib downloadable =downloaded",
    },
    "public": {
        FI: "julki internet =verkkoon =verkossa github gitlab pastebin repositor versionhall =nettiin =netissä "
        "kaikkien https://pastebin https://gist https://github https://gitlab https://raw.github =kaikille",
        SV: "publik publice offentlig internet github gitlab pastebin =nätet",
        EN: "=public publicly internet =git github gitlab pastebin repository repo repos online bucket docker everyone "
        "=overflow stackoverflow reddit",
    },
    # Where nothing may lie: «julkisessa ämpärissä», «slackissa», «låg öppet», «on Telegram».
    "public_place": {
        FI: "=julkisessa =julkisella =julkisesti =slackissa =teamsissa =discordissa =telegramissa",
        SV: "=öppet =publikt =offentligt",
        EN: "=telegram =discord =pastebin =darknet =publicly https://pastebin",
    },
    # Before "key" it is no place but the half of the key that everybody may have.
    "public_half": {FI: "julki", SV: "publik offentlig", EN: "=public"},
    "outsider": {
        FI: "ulkopuol sivulli vieras vierai asiattom hyökkää haltuun",
        SV: "obehör utomståen angripar =tag",
        EN: "unauthori third-part attacker outsider =hold =wild",
    },
    "wrong": {FI: "väärä väärii vääriss", SV: "=fel =fela orätta", EN: "wrong"},
    "recipient": {
        FI: "vastaanottaj osoit henkilö =käsiin =käsissä =paikkaan =paikassa toimittaj",
        SV: "mottagar adress person händer leverantör",
        EN: "recipient address person people =hands vendor supplier",
    },
    "accident": {FI: "vahing epähuom erehdyk", SV: "=misstag oavsiktlig slarv", EN: "accident mistake unintention"},
    "gone": {
        FI: "kado katos kadok hukas hukku menete menett kateis",
        SV: "försvunn försvann =borta förlor tappat villovägar avvägar",
        EN: "=lost",
    },
    "carrier": {
        FI: "varmuuskop nauha =usb usb- muistitik =tikku =tikun =tikulla kannettav levy",
        SV: "säkerhetskop =usb usb- usbminn bärbar disk backupband",
        EN: "backup tape =usb usb- laptop disk drive",
    },
    # «Unohtui junaan», «levy myytiin», «left on the train».
    "left_behind": {
        FI: "=unohtui =unohdin =unohdettiin =unohtunut =jätin =jätetty =myytiin =myyty",
        SV: "=glömde =glömdes =glömt =såldes =kvarglömd",
        EN: "=left =forgot =sold",
    },
    # Gone round: «levinnyt nettiin», «har spridits».
    "shared": {FI: "=jaettu =jaettiin =jaoin", SV: "=delades =delats =delad =delade", EN: "=shared"},
    "external": {FI: "=ulkoisen =ulkoiselle =ulkopuolisen =ulkopuoliselle", SV: "=extern =externa", EN: "=external"},
    "spread": {
        FI: "levinn levisi leviää leviäm",
        SV: "=spridits =spritts =sprids =spridit",
        EN: "circulating =circulated =leaking",
    },
    # What a key must be and is «no longer»: «inte längre hemlig», «emme voi enää luottaa».
    "secret": {FI: "salassa =luottaa =luotettav", SV: "hemlig =lita", EN: "=secret =confidential"},
    "got": {FI: "", SV: "", EN: "=got =gotten"},
    "is": {FI: "=on", SV: "=är", EN: "=is =are"},
    "read_by": {FI: "=lukenut =luki =kopioinut =kopioi", SV: "=läst =läste =kopierat", EN: "=copied =accessed"},
    "logged_in": {FI: "kirjautun kirjautui kirjaudutt", SV: "=loggade =loggat", EN: ""},
    "without_leave": {FI: "luvatta", SV: "olovlig", EN: ""},
    "know": {FI: "=tiedä", SV: "=vet", EN: "=know"},
    "where": {FI: "=missä", SV: "=var", EN: "=where"},
    "security": {FI: "", SV: "", EN: "=security =cyber"},
    "incident": {FI: "", SV: "", EN: "=incident =attack"},
    "taken": {
        FI: "=viety vietiin =vei veivä =vienyt =käsistä =mukanaan",
        SV: "=tog =tagit kopierat =kopia",
        EN: "=took =taken =walked copied =copy copies",
    },
    "breach": {
        FI: "tietomur murret murtau murtaudu =murto =murron murtoa hakkeroi hakkeri haittaohj kiristysohj kiristyshai "
        "tunkeutu tunkeudu troija hakkere kaapattu kaapat hyökkääj tietoturvaloukkau tietoturvapoikkeam "
        "kyberhyökk verkkohyökk tietovuot tietovuod takaov",
        SV: "intrång dataintrång trojan kapad kapat kapats hackat hackad hackats hackare skadeprogram utpressning "
        "inbrott angripar säkerhetsincident cyberattack cyberangrep dataläck bakdörr angripe",
        EN: "breach hacked hacker hijack attacker phished intru trojan malware ransomware rootkit backdoor "
        "cyberattack cyber-attack webshell",
    },
    "carried_off": {FI: "=viety vietiin saastun =virus", SV: "infekter smittat", EN: "infected =virus"},
    "wrongly": {FI: "=väärin", SV: "=fel", EN: "wrongly improperly"},
    # «tagit sig in», «broke into», «gained access».
    "enter": {FI: "", SV: "=tagit =tog", EN: "=broke =broken =gained"},
    "inside": {FI: "", SV: "=in", EN: "=into =access"},
    "someone": {FI: "=joku =jollain =jollakin", SV: "=någon", EN: "=someone =somebody"},
    "has": {FI: "hallu", SV: "=har =fick", EN: "=has =got =stole"},
    "former": {FI: "entinen entise entiset", SV: "tidigare =före =fd =slutade =slutat", EN: "=former =ex ex-employ"},
    "employee": {
        FI: "työnteki konsult ylläpitäj",
        SV: "anställd medarbetar konsult",
        EN: "employee ex-employ contractor consultant administrator",
    },
    "unprotected": {
        FI: "suojaama salaamat =vaarassa",
        SV: "oskydd okrypter",
        EN: "unprotected unencrypted insecure",
    },
    "safe": {
        FI: "turvas turvalli =hallinnassa =hallinnassamme",
        SV: "=säker =trygg =kontroll =kontrollen",
        EN: "=safe =secure =control =trust trusted",
    },
    "misuse": {FI: "väärinkäy luvatta luvatto", SV: "missbruk olovlig", EN: "misus abus"},
    # What is wrong with a key or a certificate besides: weak, misissued, used for fraud, against the rules.
    "weak": {FI: "heiko heikk", SV: "=svag =svaga", EN: "=weak =roca factored"},
    "misissued": {FI: "", SV: "felutfärd", EN: "misissu mis-issu"},
    "phishing": {FI: "huijau kalastelu tietojenkalast", SV: "nätfisk bluffsid", EN: "phishing scam fraudulent"},
    "impersonates": {FI: "=esiintyy =esiintyvät", SV: "=utger", EN: "impersonat"},
    "violates": {FI: "", SV: "", EN: "violat non-complian noncomplian"},
    "suspect": {FI: "epäil epäily", SV: "misstänk misstank", EN: "suspect suspic"},
    # What is asked for.
    "revoke": {
        FI: "sulke sulki sulje suljettav suljettai suljetaa sulku *sulkupyy mitätöi mitätö revoko !suljettu "
        "!suljettii !suljetu "
        "!sulkulis !sulkupalv !sulkeutu",
        SV: "spärr återkall revoker makuler !spärrat !spärrad !spärrade !spärrlist !spärrtjän",
        EN: "revoke revoca revoki blacklist !revoked",
    },
    # The order itself, which a word of mistake beside it does not take back.
    "revoke_order": {
        FI: "=sulkekaa =sulkekaapa =sulje =suljettava =suljettavaksi =mitätöikää =revokoikaa",
        SV: "=spärra =återkalla =makulera",
        EN: "=revoke",
    },
    # The request as a thing, and the act as a noun: what can be withdrawn, or have been a mistake.
    "revoke_noun": {
        FI: "sulkupyy *sulkupyy sulkemis sulkemin mitätöinti mitätöinn",
        SV: "spärrning spärrbegär spärranmäl återkallels",
        EN: "revocation",
    },
    "onto_list": {FI: "=sulkulistalle", SV: "", EN: ""},
    "revoked": {FI: "suljett", SV: "spärrat spärrad spärrats återkallat", EN: "=revoked"},
    "may_be": {FI: "", SV: "=kan =får", EN: "=can =may =could"},
    "cancel": {
        FI: "peru peruut =vedämme =vedän =vedetään",
        SV: "återta tillbaka annuller avbryt avblås",
        EN: "cancel annul withdraw rescind retract disregard ignore",
    },
    # What one may do to a certificate besides revoking it: «deaktivoikaa», «laittakaa kiinni», «avaktivera», «disable».
    "disable": {
        FI: "deaktivo inaktivo kuolett kuoleta =kiinni =irtisanomme =irtisanokaa",
        SV: "avaktiver inaktiver deaktiver ogiltigför",
        EN: "deactivat invalidat =disable =kill =terminate",
    },
    "away": {FI: "=pois", SV: "=bort", EN: "=down"},
    "call_off": {
        FI: "=peruutetaan =perutaan =perun =peruutan =perumme =perukaa =peruuttakaa",
        SV: "=avbryt",
        EN: "=cancel",
    },
    "please": {
        FI: "pyyd pyyn halua toivo pitää =pidä =saa =tulee täyty tarvits kiireellise =saisiko =saisimmeko =saisinko "
        "=saataisiinko pitäis",
        SV: "vänlig =ber =får =ska =bör begär önska =vill måste behöver snälla brådskande",
        EN: "please =pls =plz kindly =like need want must request should urgent",
    },
    "request": {
        FI: "pyyntö pyynnö *pyyntö *pyynnö",
        SV: "begäran *begäran anmälan",
        EN: "=request =requests",
    },
    # «Emme ole pyytäneet sulkemista», «vi har aldrig begärt», «we never requested».
    "never": {
        FI: "=emme =en",
        SV: "=aldrig =inte =ej",
        EN: "=never =not =didn't =haven't =hasn't",
    },
    "asked": {FI: "pyytän =pyytäneet =pyytänyt", SV: "=begärt =begärde =bett", EN: "=requested =asked =ask"},
    "this_wish": {
        FI: "=tätä =sitä =tällaista =moista =tuollaista",
        SV: "=detta =det =sådant =den",
        EN: "=this =that =it =such =anything",
    },
    # «Emme ole lähettäneet sulkupyyntöä», «vi har inte skickat någon begäran om spärrning».
    "placed": {
        FI: "=lähettäneet =lähettänyt =tehneet =tehnyt =jättäneet =jättänyt",
        SV: "=skickat =gjort =lämnat",
        EN: "=sent =made =submitted =filed",
    },
    # «Vastustan sulkemista», «en hyväksy sulkemista»; «pyyntö ei ole meiltä», «edellinen viesti oli huijaus».
    "object": {FI: "vastust =kiellän =kiellämme", SV: "=motsätter =bestrider", EN: "=object =objects =oppose"},
    "accept": {FI: "=hyväksy", SV: "=godkänner =accepterar", EN: "=accept =approve"},
    "from_us": {FI: "=meiltä", SV: "=oss", EN: "=us"},
    "fraud": {FI: "huijau väärennö väärennet", SV: "bluff bedräger förfalsk", EN: "fraud scam =fake forged spoofed"},
    "yet": {FI: "=vielä", SV: "=ännu =än", EN: "=yet"},
    # «Vi återkallar vår begäran»; but «vår begäran: återkalla certifikatet».
    "recall": {FI: "", SV: "=återkallar =återkallade", EN: ""},
    # «Älkää unohtako sulkea», «do not hesitate to revoke», «glöm inte att spärra»: an urging, no denial.
    "omit": {FI: "=unohtako =unohda =unohtaa =epäröikö", SV: "=glöm =tveka =dröj", EN: "=forget =hesitate =delay"},
    # «Ei suljeta», «ei sulkua»; «we do not want it revoked»; «avstå från att spärra», «låt bli att spärra».
    "plain_no": {FI: "=ei =eikä", SV: "", EN: ""},
    "not_closed": {FI: "=suljeta =sulkua", SV: "", EN: ""},
    "want": {FI: "", SV: "", EN: "=want =wish"},
    "refrain": {FI: "=pidättäytykää", SV: "=avstå =avstår", EN: "=refrain"},
    "let": {FI: "", SV: "=låt", EN: ""},
    "be": {FI: "", SV: "=bli", EN: ""},
    "groundless": {FI: "aiheeto aiheetto", SV: "obefog ogrundad", EN: "=unfounded =groundless"},
    # «Tehkää», «act»: what nobody shall do yet.
    "act": {
        FI: "=tehkö =tehkää =reagoiko toimenpite =ryhtykö",
        SV: "=agera åtgärd",
        EN: "=act =action =actions",
    },
    # What is only played.
    "drill": {
        FI: "=harjoitus =harjoitusta =harjoituksen =harjoitusviesti =valmiusharjoitus",
        SV: "=övning =övningen =övningsmeddelande =krisövning =beredskapsövning",
        EN: "=drill =tabletop",
    },
    # «Tämä on testi», «this is only a test»; but a test certificate is one like any other.
    "test_word": {
        FI: "=testi =testiviesti =koeviesti",
        SV: "=test =testmeddelande",
        EN: "=test",
    },
    # «Valmistautukaa sulkemaan», «be ready to revoke».
    "prepare": {FI: "valmistautu", SV: "=förbered =förbereda", EN: "=prepare =ready"},
    "exercise": {FI: "", SV: "", EN: "=exercise"},
    # «Jos emme ilmoita», «om ni inte hör av oss», «if you do not hear from us», and in one word «ellemme».
    "hear": {
        FI: "=ilmoita =ilmoiteta =ilmoittaneet =kuule =kuulleet =kuulu =vastaa =vastanneet =vahvista =peru",
        SV: "=hör =hört =hörs =meddelar =meddelat =svarar =svarat =bekräftar",
        EN: "=hear =heard =notify =notified =inform =informed =reply =replied =respond =confirm",
    },
    "unless": {FI: "=ellemme =ellette =ellei =ellen =elleivät", SV: "=såvida", EN: "=unless"},
    # «Odottakaa sulkemisen kanssa», «stoppa spärrningen», «hold off on revoking»: orders, not «odotamme sulkemista».
    "wait": {
        FI: "=odottakaa =odota =keskeyttäkää =keskeytä keskeytettäv =lykätkää =lykkää =siirtäkää =pysäyttäkää =pysäytä "
        "=jäädyttäkää",
        SV: "=vänta =avvakta =stoppa =avbryt =pausa =uppskjut",
        EN: "=wait =hold =stop =halt =postpone =pause =defer",
    },
    "proceed": {FI: "jatkako edetkö", SV: "fortsätt", EN: "=proceed =continue"},
    "leave": {FI: "jättä jätä jätet", SV: "lämna", EN: "=leave"},
    "unrevoked": {FI: "=sulkematta", SV: "=ospärrat", EN: "=unrevoked"},
    "ignore": {
        FI: "=unohtakaa =unohda =unohdetaan =unohtaa",
        SV: "=glöm =bortse ignorera =strunta",
        EN: "=ignore =disregard =forget =scratch =scrap",
    },
    # «Jää voimaan», «ska vara kvar», «must stay valid»; «älkää koskeko», «hold off»; «behövs fortfarande», «seis».
    "stay": {
        FI: "=jää =jäädä =jääköön =pysyä =pysyy =pysyköön =pidetään =pitäkää =pitää =säilytetään =säilyttäkää "
        "=jättäkää =jätetään",
        SV: "=låt =förblir =förbli =behåll =behålls =ska =får =stannar",
        EN: "=stay =stays =remain =remains =keep =leave",
    },
    "in_force": {
        FI: "=voimaan =voimassa =auki =rauhaan =ennalleen =käyttöön =käytössä",
        SV: "=kvar =ifred =orört =giltigt",
        EN: "=valid =alive =active =untouched =alone",
    },
    "touch": {FI: "=koskeko =kosketa", SV: "=rör =röra", EN: "=touch"},
    "hold_word": {FI: "", SV: "", EN: "=hold"},
    "off_word": {FI: "", SV: "", EN: "=off"},
    "is_needed": {FI: "=tarvitaan =tarvitsemme", SV: "=behövs", EN: "=needed"},
    "still": {FI: "=vielä =edelleen =yhä", SV: "=fortfarande", EN: "=still"},
    "leave_be": {FI: "", SV: "=vara", EN: ""},
    "keep": {FI: "", SV: "=behåll", EN: ""},
    "halt": {FI: "=seis", SV: "=stopp", EN: "=stop"},
    "this_thing": {
        FI: "=tämä =tää =se =koko =juttu =äskeinen",
        SV: "=detta =det =den =alltihop",
        EN: "=this =that =it =everything",
    },
    # «Never mind», and what one adds to a mail: «EDIT: peruttu».
    "never_word": {FI: "", SV: "", EN: "=never"},
    "never_mind": {FI: "", SV: "", EN: "=nevermind"},
    "edited": {
        FI: "=edit =muokkaus =muokattu =päivitys =korjaus =lisäys",
        SV: "=edit =rättelse =uppdatering =tillägg",
        EN: "=edit =edited =update =correction",
    },
    "called_off": {
        FI: "=peruttu =perutaan =peruuntui =peruuntunut",
        SV: "=inställt =inställd =avblåst =annullerat =annullerad =återtaget =återtagen",
        EN: "=cancelled =canceled =withdrawn",
    },
    "settled": {FI: "=ratkesi =ratkennut =selvisi", SV: "=löst =löste =ordnade", EN: "=resolved =solved"},
    "previous": {FI: "edelli aiemm aiemp eilis", SV: "tidigare =förra =mitt", EN: "=previous =earlier =last =my =our"},
    "message": {
        FI: "viesti viesting sähköposti pyyntö pyynnö sulkupyy",
        SV: "meddeland mejl =mail begäran",
        EN: "=mail =email =e-mail =message =request",
    },
    "sent": {
        FI: "=lähetimme =lähetin =teimme =tein",
        SV: "=skickade =gjorde =sände",
        EN: "=sent =made =submitted",
    },
    "mind": {FI: "=mieltä mieltämme mielemme", SV: "=oss =mig", EN: "=mind =minds"},
    "turned": {FI: "muuti muutt muutin vaihdoi", SV: "=ångrar =ångrat =ångrade", EN: "=changed"},
    # Saying no, and taking back.
    "not": {
        FI: "=ei =eivät =eikä =emme =ettei =etteivät =ettemme =ettette =älkää =älä =eivätkä",
        SV: "=inte =ej =aldrig =ingen =inget =inga =nej",
        EN: "=not =no =never =none =nothing =don't =doesn't =isn't =didn't =hasn't =haven't =wasn't =weren't =cannot "
        "=dont =shouldn't =mustn't",
    },
    # A form's answer: "Avain paljastunut: ei".
    "no": {FI: "=ei", SV: "=nej", EN: "=no"},
    # "Not only": no denial.
    "only": {FI: "pelkäst =vain ainoast", SV: "=bara enbart =endast", EN: "=only =just merely"},
    "do_not": {FI: "=älkää =älä =älköön =ettette", SV: "=inte =ej", EN: "=not =don't =dont =never"},
    "uncertain": {
        FI: "tiedä tiedo varma varmu varmo pois mahdoll ehkä usko luul toivot todennäk",
        SV: "=vet säker uteslut kanske möjlig =tror =trodde trolig sannolik =hoppas förmod",
        EN: "=know =sure certain exclude =rule ruled maybe whether possib think believe hope probab =likely",
    },
    # «Should not be revoked», «do not under any circumstances revoke».
    "ought": {FI: "", SV: "", EN: "=should =must =shall =may =shouldn't =mustn't"},
    "circumstances": {FI: "", SV: "omständighet", EN: "circumstances"},
    # What one does not do who denies: «emme epäile, että …», «vi tror inte att …», «no indication that …».
    "believe": {
        FI: "=usko =epäile =epäillä =epäilty epäily viittaa =merkkejä =merkkiä =viitteitä",
        SV: "=tror =misstänker =misstänks =misstänka misstank =tyder =tecken =indikation",
        EN: "=believe =think =suspect =suspected =suspicion =indicate =indicates =indication =indications =suggests "
        "=evidence =sign =signs",
    },
    "false": {FI: "väärä aihee turha", SV: "falsk", EN: "false"},
    "alarm": {FI: "hälyty", SV: "alarm larm", EN: "alarm alert"},
    "mistake": {FI: "vahing erehdy virhee =virhe", SV: "misstag fel", EN: "mistake error accident"},
    "now": {
        FI: "=nyt heti välittöm kiire eilen eilis yöllä tänään =viime",
        SV: "=nu genast omedelbar brådsk igår =natt inatt idag",
        EN: "=now immediat urgent asap yesterday night today",
    },
    "if": {FI: "=jos =mikäli", SV: "=om =ifall", EN: "=if =suppose"},
    "how": {
        FI: "miten kuinka =mitä =mikä =milloin =missä =onko =voiko",
        SV: "=hur =vad =när =var",
        EN: "=how =what =when =where",
    },
    # A question about it, which is no request: «milloin suljetaan», «hur spärrar man», «how do we revoke».
    "ask_how": {
        FI: "=miten =kuinka =milloin =miksi =kuka =mistä =mihin =minne =paljonko =kauanko =maksaa =tapahtuu",
        SV: "=hur =när =varför =vem =vart =var =kostar =händer",
        EN: "=how =when =why =who =where =cost =happens",
    },
    # A question, whatever else stands in it.
    "who": {
        FI: "=kuka =ketkä =suljetaanko =pitääkö =täytyykö =kannattaako =tarvitseeko",
        SV: "=vem",
        EN: "=who",
    },
    "soon": {FI: "=pian nopea =nopeasti", SV: "snabb =fort =snart", EN: "=soon quick =fast"},
    # Why it is asked for.
    "replaced": {
        FI: "korvat korvau korvas vaihdet vaihdoi =vaihto =vaihdon järjestelmävaih",
        SV: "ersatt ersätt bytt byttes",
        EN: "replac supersed rotated",
    },
    "new": {FI: "=uusi =uuden =uutta =uudella =uuteen", SV: "=nytt =nya =ny", EN: "=new"},
    "in_use": {FI: "käytö käyttö käytet käytäm", SV: "bruk använd drift", EN: "=use =used =using =production"},
    # A condition: «kun uusi on käytössä», «vasta sitten kun», «once the new one is live».
    "once": {FI: "=kun =kunhan =jahka", SV: "=när =snart =först =efter", EN: "=once =when =after =until"},
    "thereafter": {FI: "=vasta =silloin =myöhemmin", SV: "=därefter =senare", EN: "=thereafter =afterwards =later"},
    "just_now": {FI: "=nyt", SV: "=nu", EN: "=now"},
    "ready": {
        FI: "asennet asennettu valmis toimii otettu vaihdet saatu saamme kuittaa ilmoitamme vahvist",
        SV: "installer färdig =klar =klart tagits fungerar bekräft meddelar",
        EN: "installed =live ready deployed switched works working =place replaced confirm",
    },
    # «Will be replaced next month», «vaihdetaan ensi viikolla»: what is still to come, and does not ask for anything.
    "being_replaced": {FI: "=korvataan =vaihdetaan =uusitaan", SV: "=ersätts =byts =förnyas", EN: ""},
    "will": {FI: "", SV: "=kommer", EN: "=will"},
    # «Ei vaadi toimenpiteitä», «no action needed».
    "calls_for": {FI: "=vaadi =edellytä =aiheuta =tarvitse", SV: "kräv behöv", EN: "=need =needed =require =required"},
    "measure": {FI: "toimenpite =toimia =tehdä", SV: "åtgärd =göra", EN: "=action =actions =anything"},
    "else": {FI: "=muuta", SV: "=annat", EN: "=else"},
    # «Ta ur bruk», «ottakaa pois käytöstä», «voi poistaa».
    "take": {FI: "=ottakaa =ota =otetaan =poistakaa =poista =poistetaan", SV: "=ta =tag =tas", EN: "=take"},
    "out_of": {FI: "=käytöstä", SV: "=ur", EN: "=out"},
    "may_fi": {FI: "=voi =voitte =voisitte =saa =saatte =voitteko =voisitteko =voisiko =saako", SV: "", EN: ""},
    "remove": {FI: "=poistaa", SV: "", EN: ""},
    # What is still to come, and so is no reason to revoke.
    "to_be": {
        FI: "=pitäisi =pitää =tulee =täytyy =uusittava =vaihdettava",
        SV: "=bör =måste =ska",
        EN: "=should =must =needs =need =needed",
    },
    "renewed": {FI: "uusitt uusittiin", SV: "förnyat förnyad", EN: "=renewed"},
    "work": {FI: "=toimi", SV: "=fungerar", EN: "=work =works =working"},
    "removed": {FI: "poist", SV: "tagit tagits =tas =togs", EN: "taken removed =out"},
    "unneeded": {
        FI: "tarpeeto tarpeett lakkau lopetet lopetam lopettan alasaj puretaa purettu",
        SV: "onödig upphör avveckl nedlag nedlä läggs",
        EN: "decommission retire discontinu obsolete unnecessary ceas cessat shutting shutdown cessationofoperation",
    },
    "ends": {FI: "päätty päättän", SV: "", EN: ""},
    "activity": {FI: "toimin palvelu käyttö käytön sopimu yrity apteek yksik liiketoim", SV: "", EN: ""},
    "needed": {FI: "tarvit tarvet", SV: "behöv", EN: "need required"},
    "longer": {FI: "enää", SV: "längre", EN: "longer anymore"},
    "merged": {
        FI: "fuusio yhdisty sulautu organisaatiomuuto",
        SV: "fusion sammanslag",
        EN: "merge merger affiliationchanged",
    },
    "organisation": {
        FI: "organisaatio yhtiö yrity *alue toimintayksik nimi nimen nimem apteek",
        SV: "organisation bolag företag namn enhet",
        EN: "organi company name business",
    },
    "changed": {
        FI: "muuttun muuttui vaihtun vaihtui siirty",
        SV: "ändra ändrat övergå bytt",
        EN: "changed renamed transferred",
    },
    # Whose it is.
    "own": {
        FI: "=meidän organisaatiomme yrityksemme yhtiömme yksikkömme apteekkimme",
        SV: "=vår =vårt =våra =min =mitt",
        EN: "=our =ours =my",
    },
    "others": {FI: "=teidän myöntäm", SV: "=er =ert =era =ni", EN: "=your =yours"},
    "researcher": {
        FI: "tutkij tietoturvatut kyberturvallisuuskesk haavoittuvuus",
        SV: "forskar säkerhetsforsk sårbarhet",
        EN: "research vulnerab responsible crt.sh problem-report honeypot scanning",
    },
    "report": {
        FI: "ilmoit havain havaits",
        SV: "rapport hittat hittade upptäck",
        EN: "report found discovered noticed",
    },
    "problem": {FI: "ongelm", SV: "problem", EN: "problem"},
    # Everything else people write about.
    **MATTERS,
    # The word before a value.
    **LABELS,
    "and": {FI: "=ja =sekä =tai", SV: "=och =samt =eller", EN: "=and =or"},
}
