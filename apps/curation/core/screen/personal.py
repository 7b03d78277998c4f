"""Personal data: ways to reach, pay or identify one person, and what is nobody else's business."""

import re
from collections.abc import Callable, Iterator

from .checksums import card_number, iban, national_id
from .marks import Kind, Mark, View
from .views import fold, sentences

KIND: Kind = "personal_data"

# --- who: signs that a sentence is about one person ------------------------------------------
PERSON = re.compile(
    r"\b[A-Z][a-z]+(?:[- ][A-Z][a-z]+){1,3}\b|\b[A-Z][a-z]+(?:-[a-z]+)?['’]s\b|"
    r"\b[A-Z][a-z]+(?:-[a-z]+)? (?:is|has|was|had|can'?t|cannot|will|told|got|gets|earns|takes|"
    r"hat|ist|war|se|fue|makes|failed|owes|bekommt|verdient|fallt|muss|kann|tiene|esta|gana|"
    r"cobra|est|a|gagne|touche|tem|esta|ganha)\b|(?i:\b(?:he|she|his|her|him|hers|my|mine|i|"
    r"i'm|colleague|employee|er|sie|ihm|ihr|sein|seine|mein|meine|ich|kollege|kollegin|herr|"
    r"frau|su|ella|mi|companero|companera|son|sa|il|elle|mon|ma|collegue|ele|ela|seu|sua|meu|"
    r"minha|colega|mr|mrs|ms|sr|sra|mme|dr)\b)|\b(?:of|for|de|d'|von|da|do|pour|"
    r"para) ?[A-Z][a-z]+\b|さん|氏|様|彼女?|私|씨|님|그녀|과장|대리|부장|차장|사원|先生|女士|"
    r"小姐|同事|我|[王李张刘陈杨赵黄周吴徐孙胡朱林郭罗][\u4e00-\u9fff]{1,2}|"
    r"[\u4e00-\u9fff\u30a0-\u30ff\uac00-\ud7a3]{2,6}の|[\uac00-\ud7a3]{2,4}(?:의|이|가) "
)

_HEALTH = (
    r"\b(?:surger(?:y|ies)|chemo(?:therapy)?|cancer|tumou?r|diabet\w{1,4}|epilep\w{1,4}|"
    r"pregnan\w{1,3}|miscarriage|burn-?out|panic attacks?|depress(?:ed|ion)|anxiety|bipolar|"
    r"adhd|autis\w{1,3}|rehab|alcoholic|addict\w{0,4}|dialysis|heart attack|stroke unit|"
    r"had a stroke|multiple sclerosis|meniscus|slipped disc|hernia|hiv|sick (?:leave|note)|"
    r"on sick|medical(?:ly)? (?:leave|condition)|psychiatr\w{1,4}|psychotherap\w{1,4}|"
    r"migraines?|maternity leave|disabilit(?:y|ies)|(?:knee|hip|back|heart|eye|"
    r"shoulder) operation|hospitali[sz]ed|(?:is|was|went|lies|still|back) (?:in|to|from) (?:the )?"
    r"hospital|krebs|"
    r"krankgeschrieben|krankmeldung|(?:im|ins) krankenhaus|"
    r"schwanger\w{0,6}|bandscheib\w{1,10}|depressi\w{2,5}|diagnostiziert|therapeut\w{1,5}|reha|"
    r"schwerbehind\w{2,6}|herzinfarkt|elternzeit|suchtklinik|embaraz\w{2,4}|baja medica|"
    r"de baja|cirugia|operad[oa] de|quimioterapia|infarto|ansiedad|enceinte|arret maladie|"
    r"cancer du|operee? (?:du|de la)|chimio\w{0,8}|hospitalise\w{0,2}|depression|gravida|"
    r"licenca medica|atestado|cirurgia|quimio\w{0,8}|internad[oa]|ansiedade)\b|手術|入院|妊娠|"
    r"うつ病|鬱|癌|がん|糖尿病|病気休|休職|持病|診断書|通院|수술|입원|임신|우울증|공황|"
    r"암 ?(?:진단|투병)|당뇨|병가|투병|手术|住院|怀孕|抑郁|癌症|糖尿病|病假|心脏病|焦虑症"
)
_PAY = (
    r"['’]s bonus\b|\b(?:his|her) bonus\b|\b(?:makes|earns|is on) \d{2,3} ?k\b|\b(?:salar(?:y|"
    r"ies)|wages?|garnish\w{0,5}|pay ?(?:slip|rise|raise|cut)s?|payslip|earns|severance|gehalt|"
    r"gehaltserhohung|lohn(?:pfandung|erhohung)?|pfandung|abfindung|verdient|sueldo|salario|"
    r"nomina|embargo de|salaire|remuneration|saisie sur|gagne|fiche de paie|holerite|"
    r"ordenado)\b|給与|給料|年収|月給|賞与|差し押さえ|연봉|월급|급여|상여|工资|薪水|年薪|月薪|"
    r"奖金"
)
_PRIVATE = (
    r"\b(?:divorc\w{1,4}|custody|appraisal|performance review|improvement plan|disciplinary|"
    r"written warning|final warning|military record|criminal record|police record|"
    r"probation period|drug test|visa (?:expires|expired|renewal|refused|denied|problem)|"
    r"work permit (?:expires|expired|refused)|residence permit|asylum|in debt|private debts?|"
    r"having an affair|broke up|pregnant|sexual\w{0,8}|trade union member|religio\w{1,4}|"
    r"scheidung|geschieden|sorgerecht|abmahnung|vorstrafe\w{0,2}|beurteilung|schulden|"
    r"aufenthaltstitel|separacion|divorci\w{1,6}|evaluacion de desempeno|antecedentes|deudas|"
    r"entretien annuel|titre de sejour|casier judiciaire|divorcio|avaliacao de desempenho|"
    r"antecedentes criminais|dividas pessoais)\b|離婚|人事評価|査定|借金|ビザ(?:の)?(?:期限|"
    r"更新|失効)|前科|이혼|인사 ?평가|징계|빚|비자 ?(?:만료|갱신)|전과|离婚|绩效评估|欠债|"
    r"签证(?:到期|过期|续签)|前科|处分"
)
_CONFIDED = (
    r"\b(?:in confidence|confided|keep (?:it|this) (?:to yourself|between us)|"
    r"between (?:you and me|us)|(?:please )?(?:nobody|don'?t|do not) spread|not to be spread|"
    r"unter uns|vertraulich gesagt|im vertrauen|no difundir|entre nosotros|en confianza|"
    r"entre nous|en confidence|nao (?:divulgar|espalhar)|entre nos|em segredo)\b|内緒|"
    r"口外(?:しない|無用)|他言無用|비밀로|소문내지|不要外传|请勿外传|保密"
)

# --- how to reach somebody -------------------------------------------------------------------
_EMAIL = re.compile(r"(?<![\w.+-])([\w.+-]{1,64})@(?:[A-Za-z0-9-]{1,63}\.){1,5}[A-Za-z]{2,24}\b")
_ROLE_MAILBOX = re.compile(
    r"(?i)(?:cad|info|office|contact|kontakt|hello|mail|sales|support|service|help(?:desk)?|"
    r"desk|it|hr|order|quote|rfq|invoice|rechnung|billing|accounts?|ap|ar|finance|purchas|"
    r"einkauf|vertrieb|bestell|compras|ventas|vendas|achats?|commande|factur|fatura|procure|"
    r"export|customs|zoll|legal|compliance|privacy|quality|qs|lab|returns?|rma|claims?|"
    r"warranty|spares?|parts|teile|logisti|shipping|dispatch|depot|warehouse|reception|admin|"
    r"ops|noc|security|press|jobs|careers|team|training|events?|marketing|news|noreply|"
    r"no-reply|do-not-reply|alerts?|monitor|tickets?|ci|dev|test|docs?|feedback|duty|hotline|"
    r"emergency|site|gate|visitors?|archive|api|bot|planning|tender)"
)
_PHONE_NUMBER = r"\+?\(?\d[\d ()./-]{6,20}\d"
_INTERNATIONAL = re.compile(
    r"(?<![\w+.])(?:\+|00)[1-9]\d{0,2}[ ()./-]{0,2}(?:\d[ ()./-]{0,2}){6,11}\d\b"
)
_MOBILE = re.compile(
    r"(?<![\w-])(?:01[016789]-\d{3,4}-\d{4}|0[789]0-\d{4}-\d{4}|1[3-9]\d{9})(?![\w-])"
)
_PHONE_WORD = re.compile(
    r"(?i)(?:\b(?:phone|mobile|cell(?:phone)?|tel|telephone|handy|mobil(?:nummer)?|"
    r"telefon(?:nummer)?|rufnummer|durchwahl privat|festnetz|movil|celular|telefono|portable|"
    r"telephone|numero d'urgence|numero de|telemovel|telefone|whatsapp|wechat|signal|zap|"
    r"emergency contact|notfallkontakt)\b"
    rf"|携帯|電話|手机|电话|微信|휴대폰|휴대전화|핸드폰|전화|"
    rf"연락처)[^\n\d+]{{0,60}}({_PHONE_NUMBER})(?!\w)"
)
_NATIONAL = re.compile(
    r"(?i)\b(?:private?|personal|home|privat\w{0,3}|perso|particular|"
    r"pessoal)\b[^\n\d+]{0,40}(?<!\d)(0\d[\d ()/-]{6,16}\d)(?!\w)"
)
_PUBLIC_LINE = re.compile(
    r"(?i)\b0?0?[18] ?800[ -]|\b0800\b|\b(?:hotline|switchboard|front desk|reception desk|"
    r"service desk|help ?desk|support (?:line|desk)|duty (?:phone|engineer|line)|"
    r"customer service|toll-?free|call cent(?:re|er)|zentrale|servicenummer|kundendienst|"
    r"centralita|standard telephonique|pabx|main number|poison control)\b|代表電話|代表番号|"
    r"コールセンター|客服|总机|热线|대표번호|고객센터"
)
_PRIVATE_LINE = re.compile(
    r"(?i)\b(?:private?|personal|own|home|privat\w{0,3}|perso(?:nnel)?|particular|pessoal)\b|"
    r"私用|個人|自宅|개인|私人|个人"
)
_STREET = re.compile(
    r"\b\d{1,4}[A-Za-z]? (?:[A-Z][a-z]+ ){1,3}(?:Street|St|Road|Rd|Lane|Ln|Avenue|Ave|Terrace|"
    r"Drive|Close|Court|Crescent|Gardens|Grove|Mews|Row|Square|Way|Place)\b|"
    r"\b[A-Z][a-z-]{2,25}(?:stra(?:ss|ß)e|str\.?|weg|stieg|gasse|platz|allee|damm|ufer|ring|"
    r"steig|pfad|hof|chaussee|straat|laan|gatan|veien|vej) \d{1,4}[a-z]?\b|\b[A-Z][a-z]+(?:er|"
    r"e)? (?:Stra(?:ss|ß)e|Weg|Allee|Platz|Gasse|Ring) \d{1,4}[a-z]?\b|"
    r"\b(?:\d{1,4},? )?(?i:rue|avenue|boulevard|impasse|chemin|calle|c/|avenida|avda\.?|plaza|"
    r"paseo|rua|travessa|alameda|via)(?: (?:de|du|des|das|dos|del|da|do|la|las|los|le|"
    r"les))* [A-Z][\w' -]{2,40}?,? ?(?:n[º°o]\.? ?)?\d{0,4}|"
    r"[\u3040-\u30ff\u4e00-\u9fff]{1,10}(?:\d{1,3}丁目|\d{1,4}番地|\d{1,3}-\d{1,3}-\d{1,4})|"
    r"[\u4e00-\u9fff]{2,10}(?:路|街|巷|弄)\d{1,5}[号號]|[\uac00-\ud7a3]{2,10}(?:로|"
    r"길) ?\d{1,4}(?:번길|-\d{1,4})?"
)
_HOME = re.compile(
    r"(?i)\b(?:home(?: address)?|lives? (?:at|in|on)|private(?:ly)?|private person|privat|"
    r"privatadresse|wohnt|wohnung|zuhause|zu hause|anschrift|su casa|en casa|domicili[oe]|"
    r"vive en|direccion particular|chez (?:lui|elle|moi)|habite|adresse (?:perso|"
    r"privee)\w{0,4}|mora (?:na|no|em)|endereco (?:pessoal|residencial)|residencia|birthday|"
    r"geburtstag|cumpleanos|anniversaire|aniversario|parents|flat|apartment)\b|自宅|住まい|"
    r"実家|住所|家庭住址|住址|住在|자택|집 ?주소|거주"
)
_POSTCODE = re.compile(
    r"\b\d{5}(?:-\d{3,4})?\b|\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b|〒\d{3}-\d{4}|\b\d{4}-\d{3}\b"
)
_SITE = re.compile(
    r"(?i)\b(?:plant|site|factory|works|warehouse|depot|gate|dock|deliver\w{0,4}|ship(?:ping|"
    r"ment)?|gmbh|ag|kg|ltd|inc|llc|s\.?a\.?|s\.?l\.?|sarl|bv|werk|lager|tor|rampe|"
    r"liefer\w{1,10}|office|branch|hotel|planta|fabrica|almacen|entrega|usine|entrepot|"
    r"livraison|deposito|harbou?r|registered|customs)\b|工場|倉庫|工厂|仓库|공장|창고"
)

# --- who somebody is on paper ----------------------------------------------------------------
_MONTH = (
    r"(?i:(?:jan|feb|mar|mrz|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz]|ene|abr|ago|dic|fev|"
    r"avr|aou|set|out|juin|juil)[a-z]{0,8})"
)
_DATE = (
    r"(?:\d{1,2}[./ -]\d{1,2}[./ -]\d{2,4}|\d{4}[./-]\d{1,2}[./-]\d{1,2}|"
    r"\d{4} ?[年년] ?\d{1,2} ?[月월]"
    rf"|\d{{1,2}}(?:st|nd|rd|th|er|\.)? (?:de |of )?{_MONTH}|{_MONTH} \d{{1,2}})"
)
_BIRTH = re.compile(
    r"(?i:\b(?:dob|d\.o\.b\.?|date of birth|born(?: on)?|birth ?date|birthday|geboren(?: am)?|"
    r"geb\.|geburtsdatum|geburtstag|nacid[oa](?: el)?|fecha de nacimiento|cumpleanos|"
    r"nee?(?: le)|date de naissance|anniversaire|nascid[oa](?: em)?|data de nascimento|"
    r"aniversario)\b|生年月日|誕生日|生まれ|생년월일|생일|出生(?:日期)?|生日)"
    rf"[^\n\d]{{0,24}}{_DATE}"
)
_PAPERS = re.compile(
    r"(?:(?i:\b(?:passport|ssn|social security|national id|id card|driving licen[cs]e|"
    r"driver'?s licen[cs]e|national insurance|nino|tax (?:id|no|number)\b(?=.{0,24}\d)|"
    r"reisepass\w{0,6}|personalausweis\w{0,6}|ausweis-?nr|fuhrerschein\w{0,6}|"
    r"sozialversicherungs\w{0,7}|steuer-?id\w{0,8}|dni|pasaporte|seguridad social|passeport|"
    r"carte d'identite|securite sociale|permis de conduire|cpf|passaporte|"
    r"carteira de (?:identidade|motorista)|bsn|pesel|personnummer)\b)|\b(?:NIE|RG|NINO)\b|"
    r"パスポート|旅券|マイナンバー|個人番号|運転免許|주민등록|여권|운전면허|身份证|护照|"
    r"驾照)[^\n\d]{0,40}?[A-Z]{0,3}[ -]?\d[A-Z\d ./-]{4,20}"
)
_ID_SHAPE = re.compile(
    r"(?<![\w.-])(?:\d{3}-\d{2}-\d{4}|\d{3}\.\d{3}\.\d{3}-\d{2}|\d{6}-[1-4]\d{6}|\d{17}[\dXx]|"
    r"\d{8}-?[A-Z])(?![\w-])"
)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
_BANK = re.compile(
    r"(?i)\b(?:iban|bank|account|konto\w{0,10}|cuenta|compte|conta|reimburs\w{0,6}|payroll)\b|"
    r"口座|账户|계좌"
)
_CARD = re.compile(
    r"(?<![\w.-])[2-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{3,4}(?![\w-])|"
    r"(?<![\w.-])3[47]\d{2}[ -]?\d{6}[ -]?\d{5}(?![\w-])"
)

# Statements that are private as soon as the sentence is about somebody.
ABOUT_SOMEBODY = {
    "personal.health": re.compile(f"(?i:{_HEALTH})"),
    "personal.pay": re.compile(f"(?i:{_PAY})"),
    "personal.private_life": re.compile(f"(?i:{_PRIVATE})"),
    "personal.confided": re.compile(f"(?i:{_CONFIDED})"),
}


def find(text: str) -> Iterator[Mark]:
    """Marks of every piece of personal data in `text`."""
    view = fold(text, lower=False)
    for finder in (_contacts, _addresses, _papers, _statements):
        yield from finder(view)


def _contacts(view: View) -> Iterator[Mark]:
    for hit in _EMAIL.finditer(view.text):
        if not _ROLE_MAILBOX.match(hit[1]):
            yield view.mark(*hit.span(), "personal.email", KIND)
    for start, end in sentences(view.text):
        sentence = view.text[start:end]
        if _PUBLIC_LINE.search(sentence) and not _PRIVATE_LINE.search(sentence):
            continue
        for pattern, group in ((_INTERNATIONAL, 0), (_MOBILE, 0), (_PHONE_WORD, 1), (_NATIONAL, 1)):
            for hit in pattern.finditer(sentence):
                if sum(c.isdigit() for c in hit[group]) >= 8:
                    first, last = hit.span(group)
                    yield view.mark(start + first, start + last, "personal.phone", KIND)


def _addresses(view: View) -> Iterator[Mark]:
    home = _HOME.search(view.text)
    site = _SITE.search(view.text)
    for hit in _STREET.finditer(view.text):
        around = view.text[hit.end() : hit.end() + 40]
        if home or (not site and _POSTCODE.search(around)):
            yield view.mark(*hit.span(), "personal.address", KIND)


def _papers(view: View) -> Iterator[Mark]:
    for pattern, code in ((_BIRTH, "personal.birth_date"), (_PAPERS, "personal.national_id")):
        for hit in pattern.finditer(view.text):
            yield view.mark(*hit.span(), code, KIND)
    checked: tuple[tuple[re.Pattern[str], Callable[[str], bool], str], ...] = (
        (_ID_SHAPE, national_id, "personal.national_id"),
        (_CARD, card_number, "personal.card"),
        (_IBAN, iban, "personal.iban"),
    )
    for pattern, valid, code in checked:
        for hit in pattern.finditer(view.text):
            bank = code == "personal.iban" and _BANK.search(view.text)
            if bank or valid(hit[0]):
                yield view.mark(*hit.span(), code, KIND)


def _statements(view: View) -> Iterator[Mark]:
    for start, end in sentences(view.text):
        sentence = view.text[start:end]
        if not PERSON.search(sentence):
            continue
        for code, pattern in ABOUT_SOMEBODY.items():
            for hit in pattern.finditer(sentence):
                yield view.mark(start + hit.start(), start + hit.end(), code, KIND)
