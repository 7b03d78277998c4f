"""Credentials: known token shapes, labelled values in several languages, keys by entropy."""

import math
import re
from collections import Counter
from collections.abc import Iterator

from .marks import Kind, Mark, View, matches
from .views import fold

KIND: Kind = "secret"


def _shape(*patterns: str) -> tuple[re.Pattern[str], ...]:
    # A token never starts inside a longer word; case matters in all of these shapes.
    return tuple(re.compile(r"(?<![A-Za-z0-9])(?:" + pattern + ")") for pattern in patterns)


# Shapes that are credentials wherever they stand, by who issues them.
SHAPES = {
    "secret.memoryhub_token": _shape(r"mh_[A-Za-z0-9]{4,64}\.[A-Za-z0-9_-]{8,128}"),
    "secret.private_key": (
        re.compile(r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----"),
        re.compile(r"AGE-SECRET-KEY-1[A-Z0-9]{20,}|PuTTY-User-Key-File-\d"),
    ),
    "secret.jwt": _shape(r"eyJ[\w-]{8,2048}\.eyJ[\w-]{4,4096}(?:\.[\w-]{0,2048})?"),
    "secret.aws_key": _shape(r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
    "secret.google_key": _shape(r"AIza[\w-]{30,}", r"ya29\.[\w-]{20,}", r"GOCSPX-[\w-]{20,}"),
    "secret.azure_key": _shape(r"(?:AccountKey|SharedAccessKey|sig)=[A-Za-z0-9+/%]{30,}={0,2}"),
    "secret.github_token": _shape(r"gh[pousr]_[A-Za-z0-9]{20,}", r"github_pat_\w{20,}"),
    "secret.gitlab_token": _shape(r"gl(?:pat|rt|ptt|dt|cbt|ft|soat|agent|imt|oas)-[\w-]{8,}"),
    "secret.slack_token": _shape(
        r"xox[abeoprs]-[\w-]{10,}", r"xapp-\d-[\w-]{10,}", r"https://hooks\.slack\.com/services/\w"
    ),
    "secret.chat_token": _shape(
        r"https://discord(?:app)?\.com/api/webhooks/\d{5,}", r"\d{8,10}:AA[\w-]{30,}"
    ),
    "secret.payment_key": _shape(r"(?:sk|rk|pk)_(?:live|test)_\w{8,}", r"whsec_\w{16,}"),
    "secret.model_key": _shape(r"sk-[A-Za-z0-9][\w-]{18,}", r"hf_[A-Za-z0-9]{20,}"),
    "secret.package_token": _shape(
        r"npm_[A-Za-z0-9]{20,}", r"pypi-[\w-]{20,}", r"dckr_pat_[\w-]{16,}", r"dop_v1_[a-f0-9]{20,}"
    ),
    "secret.vendor_token": _shape(
        r"SG\.[\w-]{16,}\.[\w-]{16,}",
        r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{20,}",
        r"hvs\.[\w-]{20,}",
        r"(?:eyJrIjoi|glsa_)\w{20,}",
        r"[a-z]{2,12}_(?:live|prod|secret|sandbox)_\w{8,}",
    ),
    "secret.connection_string": (
        re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@]{0,64}:(?![<${*])[^\s/@]{1,128}@"),
        re.compile(
            r"(?i)\b(?:authorization: ?(?:basic|bearer) [\w.~+/=-]{8}|"
            r"bearer (?:token )?[\w.~+/=-]{20})"
        ),
    ),
}

# Words are written without accents: they are matched on the folded text.
_LOGIN_WORD = (
    r"(?:(?:\b|_)(?:pass ?words?|passwd|passwort|kennwort|pwd|pw|pass ?phrase|pass ?code|pass|"
    r"contrasena|palabra de paso|clave(?: de acceso)?|mot de passe|code secret|mdp|senha|"
    r"palavra-passe|jelszo|haslo|wachtwoord|(?:code|cle|clef) (?:du )?wi-?fi)\b|パスワード|"
    r"パスコード|暗証番号|合言葉|密码|密碼|口令|비밀번호|비번|패스워드|암호(?!화))"
)
# Nouns after which the word is a subject of rules ("password policy"), not the label of a value.
_ABOUT = (
    r"(?! ?(?:policy|policies|rules?|length|expiry|reset|resets|change|changes|manager|"
    r"recovery|prompt|fields?|dialog|attempts?|strength|protected|protection|forgotten|-))"
)
_PIN = (
    r"(?:\bpin(?: ?(?:code|nummer|number))?\b|暗証番号|핀번호|\bpuk\b|\btan\b|\botp\b|\bhost key\b)"
)
_WEAK = (
    r"(?:(?:\b|_)(?:api[ _-]?keys?|access[ _-]?keys?|secret[ _-]?keys?|auth[ _-]?keys?|"
    r"licen[sc]e[ _-]?keys?|signing key|psk|tokens?|secrets?|credentials?|creds|jeton|(?:wifi|"
    r"wlan|wpa)[ -]?(?:key|schlussel|code)|api[- ]schlussel|cle (?:api|wifi|d'acces)|"
    r"chave (?:d[ae] )?(?:api|acesso)|zugangsschlussel|"
    r"(?<!primary )(?<!foreign )(?<!sort )key)\b|トークン|秘密鍵|apiキー|アクセスキー|密钥|"
    r"令牌|토큰|api ?키|접근 ?키)"
)
_DOOR = (
    r"(?:\b(?:door|gate|entry|access|unlock|backup|recovery|safe|lockbox|key ?box|key ?safe|"
    r"keypad|burglar alarm|security)[ -](?:pin|codes?|combination)\b|\b(?:tur|tor|zugangs|"
    r"zutritts|safe|schlusselsafe|schlusselbox|backup|alarmanlagen)-?codes?\b|"
    r"\bcodigos? (?:de (?:la |acceso|respaldo|el )?|del |da |do |de )(?:puerta|porton|alarma|"
    r"acceso|verja|caja fuerte|porta|portao|alarme|acesso|cofre)?|\bcodes? (?:de |du |"
    r"d')(?:la |l')?(?:porte|portail|acces|alarme|entree|coffre|secours)|\bdigicode\b|(?:ドア|"
    r"ゲート|入室|入館|解錠|金庫|バックアップ)(?:の)?(?:コード|番号)|门禁(?:密码|码|代码)?|"
    r"门锁(?:密码)?|保险箱(?:密码)?|(?:출입문?|현관|도어락|금고|백업) ?(?:코드|번호|비번))"
)
_IS = r"(?: ?[:=] ?| ?[はが] ?| ?[은는] ?| ?是 ?| (?:is|ist|lautet|es|est|e|son|are|->|→) )"
_QUOTE = r"[\"'`„“«「『]?"
# A value with a letter and a digit, or a digit and a sign: words, numbers and dates do not pass.
_MIXED = (
    r"(?=[^\s,;\"'`、。]{0,40}\d)(?=[^\s,;\"'`、。]{0,40}[a-z#*!?$%&@_])[^\s,;\"'`、。」』]{5,128}"
)
_STOP = (
    r"(?!(?:must|should|shall|may|can|cannot|will|is|are|not|never|please|see|ask|min|minimum|"
    r"at|in|the|a|an|from|via|reset|change|changed|expired|expires|same|none|wrong|correct|"
    r"required|needed|muss|bitte|siehe|nicht|ver|pedir|voir|demander|<|\*\*|\$\{|"
    r"\{\{)(?![^\s.,;]))"
)
_FAR = r"[^\n:=.!?。]{1,48}"

LABELLED = {
    "secret.password": (
        re.compile(rf"{_LOGIN_WORD}{_ABOUT} ?[:=] ?{_QUOTE}{_STOP}[^\s,;、。]{{3,128}}"),
        re.compile(rf"{_LOGIN_WORD}{_ABOUT}{_IS}{_QUOTE}{_MIXED}"),
        re.compile(rf"{_LOGIN_WORD}{_ABOUT}(?: {_QUOTE}{_MIXED}| [\"'`„“«][^\s\"'`”»]{{4,64}})"),
        re.compile(rf"{_LOGIN_WORD}{_ABOUT} {_FAR}(?:{_IS}{_QUOTE}| [\"'`„“«]){_MIXED}"),
    ),
    "secret.pin": (re.compile(rf"(?:{_PIN}{_IS}|\bhost key ){_QUOTE}\d{{4,12}}(?![\d.])"),),
    "secret.api_key": (
        re.compile(rf"{_WEAK}(?: \([^()\n]{{0,40}}\))?{_IS}{_QUOTE}(?=\S{{8}}){_MIXED}"),
        re.compile(rf"{_WEAK} {_FAR}{_IS}{_QUOTE}(?=\S{{8}}){_MIXED}"),
        re.compile(rf"{_WEAK} {_QUOTE}(?=\S{{10}})(?=\S{{0,60}}[a-z]){_MIXED}"),
        re.compile(rf"{_WEAK}[^\n.]{{0,48}} [a-z0-9]{{4,6}}(?:-[a-z0-9]{{4,6}}){{2,7}}\b"),
        re.compile(r"\b(?:2fa|totp|mfa|otp)\b[^\n]{0,50} (?=[a-z]{0,64}[2-7])[a-z2-7]{16,64}\b"),
        re.compile(
            r"\b(?:recovery|seed|mnemonic|backup) (?:phrase|words) ?:? (?:[a-z]{3,8},? ){7}"
        ),
    ),
    "secret.access_code": (
        re.compile(
            rf"{_DOOR}[^\n=.!?。\d]{{0,40}}[:= はは은는]{_QUOTE}[#*]?(?:\d{{4,10}}[#*]?|{_MIXED})"
            r"(?![\w.]|-\d)"
        ),
        re.compile(rf"{_DOOR}[^\n.:]{{0,40}}{_IS}{_QUOTE}(?:\d{{4,10}}(?![\w.]|-\d)|{_MIXED})"),
        re.compile(
            r"\b(?:safe|door|gate|lock|vault|tresor|tur|tor|cofre|coffre|"
            r"caja fuerte)\b[^\n.]{0,40}\b(?:opens? with|combination|kombination|combinacion|"
            r"se abre con)\b[^\n.\d]{0,12}\d"
        ),
    ),
    "secret.login_pair": (
        re.compile(
            r"(?:\b(?:log ?in|sign ?in|account|admin|user(?:name)?|credentials?|zugang|"
            r"anmeldung|benutzer|ssh|rdp|vpn|telnet|s?ftp|root|usuario|acceso|identifiants?|"
            r"compte|utilisateur|usuario|acesso)\b|ログイン|アカウント|账号|帐号|登录|계정|"
            r"로그인)[^\n/.!?。]{0,40}?[:\s]"
            rf"[\"'`]?[\w.@-]{{2,40}}[\"'`]? ?/ ?{_QUOTE}(?=\S{{6}})(?=\S{{0,60}}[a-z]){_MIXED}"
        ),
    ),
}
# Case tells a PIN from a dowel pin when no colon or "is" follows.
_BARE_PIN = {"secret.pin": (re.compile(r"\b(?:PIN|TAN|PUK)(?:[ -](?:[Cc]ode))? \d{4,8}(?![\d.])"),)}

_NEAR_KEY = re.compile(
    r"(?i)(?:key|token|secret|credential|bearer|schlüssel|clave|chave|キー|密钥|키)"
)
_NOT_KEY = re.compile(r"(?i)(?:sha-?\d|hash|commit|checksum|digest|fingerprint|uuid|md5|etag)")
_BLOB = re.compile(r"(?<![\w+/=-])[\w+/-]{20,256}={0,2}(?![\w+/=-])")
_UUID = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ENTROPY_BITS = 3.5  # per character; English words and counters stay below, random Base64 near 5


def find(text: str) -> Iterator[Mark]:
    """Marks of every credential in `text`."""
    plain = fold(text, lower=False)
    yield from matches(plain, SHAPES, KIND)
    yield from matches(plain, _BARE_PIN, KIND)
    yield from matches(fold(text), LABELLED, KIND)
    yield from _random_strings(plain)


def _random_strings(view: View) -> Iterator[Mark]:
    for hit in _BLOB.finditer(view.text):
        before = view.text[max(0, hit.start() - 40) : hit.start()]
        named = _NEAR_KEY.search(before) and not _NOT_KEY.search(before)
        if named and not _UUID.fullmatch(hit[0]) and _is_random(hit[0]):
            yield view.mark(*hit.span(), "secret.high_entropy", KIND)


def _is_random(blob: str) -> bool:
    if not (any(c.isdigit() for c in blob) and any(c.isalpha() for c in blob)):
        return False
    counts = Counter(blob)
    bits = -sum(n / len(blob) * math.log2(n / len(blob)) for n in counts.values())
    return bits >= (3.0 if re.fullmatch(r"[0-9a-fA-F]+", blob) else _ENTROPY_BITS)
