"""The words of the field, by language, as stems: what `words.py` looks for and the rules of `wording_rules.py` combine.

A stem stands for every word that begins with it (`avaim` → avaimemme, avaimen). `=key` is that word only, `*varmen` any
word that has it inside (palvelinvarmenteen), `!sulkulis` takes words away again. Case and accents do not count, so that
`älkää` and `alkaa` are read alike. Finnish inflects by endings and stem changes, so each noun stands with its stems.
"""

from __future__ import annotations

from sulku_kernel.language import Language
from sulku_revocation.domain.lexicon_labels import LABELS

FI, SV, EN = Language.FI, Language.SV, Language.EN

LEXICON: dict[str, dict[Language, str]] = {
    # What may be lost.
    "key": {
        FI: "avain avaim *avaim *avain !avainsan !avainlip !avainhenk",
        SV: "nyckel nyckl *nyckel *nyckl !nyckeltal !nyckelord !nyckelper",
        EN: "=key =keys =key's keypair keyfile keystore private-key keycompromise =pfx pfx- .pfx =p12 pkcs12",
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
        "varasti anaste kopioitu !vuotia !vuotis",
        SV: "läck röjt röjd röjs =röja röjan avslöja komprometter stul exponer kopierat",
        EN: "leak compromis expos dumped stolen disclos pwned exfiltrat breached keycompromise",
    },
    "landed": {
        FI: "päätyn päätyi päädy joutun joutui joudu päässy pääsi lait vie tallentu julkaist löyty löytä =meni menny "
        "lähet =lähti lähteny jäi jäiv jääny näky näkyn nähtävi commit kommit",
        SV: "hamna kommit lades laddats publicera lagts hitta skicka ligg =låg legat synlig =finns =fanns",
        EN: "found =published publish posted uploaded committed pushed ended discovered shared =sent =emailed "
        "=e-mailed =mailed included embedded visible readable "
        "accessib",
    },
    "public": {
        FI: "julki internet =verkkoon =verkossa github gitlab pastebin repositor versionhall =nettiin =netissä "
        "kaikkien",
        SV: "publik publice offentlig internet github gitlab pastebin =nätet",
        EN: "=public publicly internet =git github gitlab pastebin repository repo repos online bucket docker everyone",
    },
    # Where nothing may lie: «julkisessa ämpärissä», «slackissa», «låg öppet», «on Telegram».
    "public_place": {
        FI: "=julkisessa =julkisella =julkisesti =slackissa =teamsissa =discordissa =telegramissa",
        SV: "=öppet =publikt =offentligt",
        EN: "=telegram =discord =pastebin =darknet =publicly",
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
        FI: "vastaanottaj osoit henkilö =käsiin =käsissä =paikkaan =paikassa",
        SV: "mottagar adress person händer",
        EN: "recipient address person people =hands",
    },
    "accident": {FI: "vahing epähuom erehdyk", SV: "=misstag oavsiktlig slarv", EN: "accident mistake unintention"},
    "gone": {
        FI: "kado katos kadok hukas hukku menete menett",
        SV: "försvunn försvann =borta förlor tappat villovägar avvägar",
        EN: "=lost",
    },
    "carrier": {
        FI: "varmuuskop nauha =usb usb- muistitik =tikku =tikun =tikulla kannettav levy",
        SV: "säkerhetskop =usb usb- usbminn bärbar disk",
        EN: "backup tape =usb usb- laptop disk drive",
    },
    "taken": {
        FI: "=viety vietiin =vei veivä =vienyt =käsistä =mukanaan",
        SV: "=tog =tagit kopierat =kopia",
        EN: "=took =taken =walked copied =copy copies",
    },
    "breach": {
        FI: "tietomur murret murtau murtaudu =murto =murron murtoa hakkeroi hakkeri haittaohj kiristysohj kiristyshai "
        "tunkeutu tunkeudu troija hakkere kaapattu kaapat hyökkääj tietoturvaloukkau tietoturvapoikkeam",
        SV: "intrång dataintrång trojan kapad kapat kapats hackat hackad hackats hackare skadeprogram utpressning "
        "inbrott angripar säkerhetsincident",
        EN: "breach hacked hacker hijack attacker phished intru trojan malware ransomware rootkit backdoor",
    },
    "carried_off": {FI: "=viety vietiin", SV: "", EN: ""},
    "wrongly": {FI: "=väärin", SV: "=fel", EN: "wrongly improperly"},
    # «tagit sig in», «broke into», «gained access».
    "enter": {FI: "", SV: "=tagit =tog", EN: "=broke =broken =gained"},
    "inside": {FI: "", SV: "=in", EN: "=into =access"},
    "someone": {FI: "=joku =jollain =jollakin", SV: "=någon", EN: "=someone =somebody"},
    "has": {FI: "hallu", SV: "=har =fick", EN: "=has =got =stole"},
    "former": {FI: "entinen entise entiset", SV: "tidigare =före =fd", EN: "=former =ex ex-employ"},
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
        EN: "cancel deactivat =kill annul invalidat withdraw rescind retract disregard ignore",
    },
    "please": {
        FI: "pyyd pyyn halua toivo pitää =pidä =saa =tulee täyty tarvits kiireellise =saisiko =saisimmeko =saisinko "
        "=saataisiinko",
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
        "=dont",
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
        FI: "=miten =kuinka =milloin =miksi =kuka =mistä =mihin =minne",
        SV: "=hur =när =varför =vem =vart =var",
        EN: "=how =when =why =who =where",
    },
    "soon": {FI: "=pian nopea =nopeasti", SV: "snabb =fort =snart", EN: "=soon quick =fast"},
    # Why it is asked for.
    "replaced": {
        FI: "korvat korvau korvas vaihdet vaihdoi",
        SV: "ersatt ersätt bytt byttes",
        EN: "replac supersed rotated",
    },
    "new": {FI: "=uusi =uuden =uutta =uudella =uuteen", SV: "=nytt =nya =ny", EN: "=new"},
    "in_use": {FI: "käytö käyttö käytet käytäm", SV: "bruk använd drift", EN: "=use =used =using =production"},
    # A condition: «kun uusi on käytössä», «vasta sitten kun», «once the new one is live».
    "once": {FI: "=kun =kunhan =jahka", SV: "=när =snart =först =efter", EN: "=once =when =after =until"},
    "just_now": {FI: "=nyt", SV: "=nu", EN: "=now"},
    "ready": {
        FI: "asennet asennettu valmis toimii otettu vaihdet saatu saamme kuittaa ilmoitamme vahvist",
        SV: "installer färdig =klar =klart tagits fungerar bekräft meddelar",
        EN: "installed =live ready deployed switched works working =place replaced confirm",
    },
    # «Ta ur bruk», «ottakaa pois käytöstä», «voi poistaa».
    "take": {FI: "=ottakaa =ota =otetaan =poistakaa =poista =poistetaan", SV: "=ta =tag =tas", EN: "=take"},
    "out_of": {FI: "=käytöstä", SV: "=ur", EN: "=out"},
    "may_fi": {FI: "=voi =voitte =voisitte =saa =saatte", SV: "", EN: ""},
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
        FI: "tarpeeto tarpeett lakkau lopetet lopetam alasaj puretaa purettu",
        SV: "onödig upphör avveckl nedlag nedlä läggs",
        EN: "decommission retire discontinu obsolete unnecessary ceas cessat shutting shutdown cessationofoperation",
    },
    "ends": {FI: "päätty päättän", SV: "", EN: ""},
    "activity": {FI: "toimin palvelu käyttö käytön sopimu yrity apteek yksik liiketoim", SV: "", EN: ""},
    "needed": {FI: "tarvit tarvet", SV: "behöv", EN: "need required"},
    "longer": {FI: "enää", SV: "längre", EN: "longer anymore"},
    "merged": {FI: "fuusio yhdisty sulautu", SV: "fusion sammanslag", EN: "merge merger affiliationchanged"},
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
    "card": {
        FI: "=kortti =kortin =korttia =korttini korttimme kortilla *kortti *kortin toimikort ammattikort",
        SV: "=kort =kortet =kortets yrkeskort personalkort *kortet",
        EN: "=card =cards smartcard smart-card",
    },
    "lost": {
        FI: "kado katos kadok hukas hukku varast anaste löydä hävi menete menett",
        SV: "tapp borttapp =borta förlor försv stul",
        EN: "lost stolen missing lose",
    },
    "pin": {FI: "=pin pin-koodi =puk lukkiu lukit", SV: "=pin pin-kod =puk låst", EN: "=pin =puk locked"},
    "application": {
        FI: "hakemu varmennehake *hakemu tilauks tilauk varmennetilau",
        SV: "ansök *ansök beställ",
        EN: "application applied =apply =order ordered enrol",
    },
    "csr": {FI: "=csr csr varmennepyy", SV: "=csr csr certifikatbegär", EN: "=csr csr signing-request"},
    "status": {
        FI: "vaihe tila tilan missä edenny etene käsittely vireill myönnet",
        SV: "status skede läge behandl framskr",
        EN: "status stage progress pending processed",
    },
    "day": {
        FI: "*kuuta *kuun *kuussa maanantai tiistai keskiviikko torstai perjantai lauantai sunnuntai huomenna "
        "ylihuomenna =tänään =ajankohta =toteutusaika",
        SV: "januari februari mars april =maj juni juli augusti september oktober november december måndag tisdag "
        "onsdag torsdag fredag lördag söndag =jan =feb =apr =jun =jul =aug =sep =sept =okt =nov =dec =morgon =imorgon "
        "=övermorgon =idag =dag =tidpunkt",
        EN: "january february march =may june july august october monday tuesday wednesday thursday friday saturday "
        "sunday =mar =oct =tomorrow =today",
    },
    # What a time that is no moment is said with: «viikolla 50», «kuun lopussa», «om två veckor».
    "loose_time": {
        FI: "=viikolla =viikon =viikonloppuna =kuun =kuussa =kuukauden =vuoden =vuonna =päivän =yönä =vuodenvaihteessa "
        "=kuunvaihteessa =loppuviikosta =alkuviikosta",
        SV: "=vecka =veckor =dagar =månad =månader =år =helg =slutet =början =årsskiftet =månadsskiftet =v",
        EN: "=week =weeks =weekend =month =months =year =days",
    },
    # What a supervisor sees first: courts, police, lawyers, threats; and mere abuse.
    "court": {
        FI: "käräjäoik hovioik hallinto-oik tuomioist syyttäj takavarik asianaj oikeustoim kanteen haasteh juristi",
        SV: "domstol tingsrätt åklagar beslag advokat stämningsansök rättslig =jurist",
        EN: "court subpoena injunction prosecutor seizure lawyer attorney solicitor lawsuit litigation legal-action",
    },
    "police": {FI: "poliis keskusrikos esitutki", SV: "polis förundersök", EN: "police law-enforcement"},
    "authority_order": {
        FI: "määräy määrää velvoit päätö pyyntö pyytä vaadi vaati tutkinnanjoht",
        SV: "beslut order begär begäran kräver förelägg åläg",
        EN: "order orders warrant demand require request instruct",
    },
    "threat": {
        FI: "uhkaus uhkail kiristän kiristäm =vuodan =tapan pommi =kostan vahingonkorvau",
        SV: "=hotar =hotet bomb hämnas skadestånd",
        EN: "threaten extort =ransom bomb revenge =sue =damages",
    },
    # The small print under a mail, in which lawyers stand and threaten nobody.
    "small_print": {
        FI: "luottamuksell salassapi vastaanottaj",
        SV: "konfidentiell sekretess mottagar",
        EN: "confidential privileg recipient disclaimer",
    },
    "abuse": {
        FI: "vittu perkel saatan idioot paskat",
        SV: "jävla idiot jävlar helvete",
        EN: "fuck fucking idiot bastard moron",
    },
    # The words of the matter in languages that nobody at the desk need read.
    "foreign": {
        FI: "",
        SV: "",
        EN: "widerruf widerrufen =sperren =sperrung zertifikat schlüssel seriennummer révoqu =clé =clef "
        "revocar =clave tühista võti tilbagekald sperre sertifikat nøkkel nøgle отозв отзыв сертификат ключ "
        "відклик revocare chiave unieważni certyfikat klucz intrekk sleutel",
    },
    "spam": {
        FI: "kasino lainatarjou",
        SV: "kasino",
        EN: "viagra casino backlink seo bitcoin lottery unsubscribe =crypto cialis",
    },
    # The word before a value.
    **LABELS,
    "and": {FI: "=ja =sekä =tai", SV: "=och =samt =eller", EN: "=and =or"},
}
