"""Which language a note is written in: by script, then by the function words of a few languages."""

import re
import unicodedata
from collections.abc import Mapping

SAMPLE = 4_000  # characters looked at: a longer text does not become clearer
UNSPACED_WEIGHT = 3  # one Han or Hangul character carries about as much as three Latin letters

# Scripts that name a language by themselves. Han without kana reads as Chinese.
_SCRIPTS: tuple[tuple[str, str, int], ...] = (
    ("ja", r"[\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff]", UNSPACED_WEIGHT),
    ("zh", r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]", UNSPACED_WEIGHT),
    ("ko", r"[\uac00-\ud7a3\u1100-\u11ff\u3130-\u318f]", UNSPACED_WEIGHT),
    ("th", r"[\u0e01-\u0e3a\u0e40-\u0e4e]", 1),
    ("ru", r"[\u0400-\u052f]", 1),
    ("el", r"[\u0370-\u03ff\u1f00-\u1fff]", 1),
    ("ar", r"[\u0620-\u064a\u066e-\u06d3]", 1),
    ("he", r"[\u05d0-\u05ea]", 1),
    ("hi", r"[\u0904-\u0963]", 1),
    ("hy", r"[\u0531-\u0587]", 1),
    ("ta", r"[\u0b83-\u0bd7]", 1),
)
_SCRIPT_PATTERNS = tuple((code, re.compile(pattern), weight) for code, pattern, weight in _SCRIPTS)
_LATIN = re.compile(r"[A-Za-z\u00aa\u00ba\u00c0-\u024f\u1e00-\u1eff]")
_KANA_SHARE = 0.1  # Japanese prose is more than a tenth kana; a Chinese text may quote a word of it
_UKRAINIAN = re.compile(r"[\u0404\u0406\u0407\u0454\u0456\u0457\u0490\u0491]")
_PERSIAN = re.compile(r"[\u067e\u0686\u0698\u06af\u06cc]")

_ENGLISH = """
a about after all am an and any are aren as at be because been before being both but by can
could couldn did didn do does doesn doing don during each for from had hadn has hasn have haven
having he her here hers herself him himself his how i if in into is isn it its itself just ll me
my myself not of on or our ours re she should shouldn so some such than that the their theirs
them then there these they this those to too us ve very was wasn we were weren what when where
which while who whom whose why will with won would wouldn you your yours
"""
# Everyday words that say something in a search: evidence of English, not stop words.
_ENGLISH_SIGNS = """
again also always back best day days each every few first found get go going good great last
left let long lot made make many means meeting much must needs never new next no now off only
other out over own per please right said same see set since still sure take thank thanks time
today under until up us use used using via want wants week weeks well went within without work
works yes yesterday
"""
_GERMAN = """
aber als am an auch auf aus bei beim bin bis bist da damit dann das dass dem den der des die
diese diesem diesen dieser dieses doch du durch ein eine einem einen einer eines er es fur habe
haben hat hatte hatten ich ihm ihn ihr ihre ihrem ihren im in ins ist ja kann kein keine konnen
man mein meine mich mir mit nach nicht noch nur ob oder ohne schon sein seine sich sie sind so
uber um und uns unser unsere unter vom von vor war waren warum was wegen wenn wer werden wie
wieder wir wird wo wurde wurden zu zum zur zwischen
"""
_SPANISH = """
a al algo ante antes aunque como con contra cual cuando cuanto de del desde donde dos e el ella
ellas ellos en entre era eran es esa ese eso esta estaba estan este esto estos fue fueron ha
habia hace han hasta hay la las le les lo los mas me mi mis muy nada ni no nos nosotros o para
pero por porque que quien se ser si sin sobre son su sus tambien tan te tiene tienen todo todos
tu un una unas uno unos y ya yo
"""
_FRENCH = """
a ai au aussi aux avec avait car ce cela ces cet cette ceux comme comment dans de depuis des
dont du elle elles en entre est et etaient etait ete etre eu fait il ils j je l la le les leur
leurs lui ma mais me meme mes moi mon n ne ni nos notre nous on ont ou par pas pendant peu plus
pour pourquoi qu quand que quel quelle qui sa sans se ses si son sont sous sur ta te tes ton
tous tout tres tu un une vos votre vous y
"""
_ITALIAN = """
a ai al alla alle allo anche che chi ci come con cosa cui da dagli dai dal dalla dalle degli dei
del della delle dello di dopo dove due e ed era erano essere fra gli ha hanno ho i il in io la
le lei li lo loro lui ma mi mia mio molto ne nei nel nella nelle no noi non nostra nostro o per
perche piu prima quale quando quanto quella quelle quello questa queste questi questo se sei
senza si sia siamo sono su sua sui sul sulla suo te ti tra tu tutti tutto un una uno vi voi
"""
_PORTUGUESE = """
a ao aos as ate com como da das de dela dele depois do dos e ela elas ele eles em entre era eram
essa esse esta estava este eu foi foram ha isso isto ja lhe mais mas me mesmo meu meus minha
muito na nao nas nem no nos nossa nosso num numa o onde os ou para pela pelas pelo pelos por
porque qual quando que quem sao se sem ser seu seus so sobre sua suas tambem te tem tinha tu
tudo um uma umas uns voce voces
"""
_DUTCH = """
aan al alles als altijd bij dan dat de der deze die dit doen door dus een en er geen had heb
hebben heeft het hier hij hoe hun ik in is ja je kan kon kunnen maar me meer men met mij mijn na
naar niet niets nog nu of om omdat onder ons onze ook op over reeds te tegen toch toen tot u uit
uw van veel voor waar waarom wanneer want waren was wat we wel werd wie wij worden wordt zal ze
zei zelf zich zij zijn zo zonder zou
"""
_RUSSIAN = """
а без бы был была были было быть в вам вас весь во вот все всё вы где да для до его ее её если
есть еще ещё же за здесь и из или им их к как какой когда кто ли либо мне мы на над не него нее
нет ни но ну о об он она они оно от по под почему при с сказать со так также там то тоже только
том ты у уже чего чем что чтобы эта эти это этот я
"""
# Written with accents folded away, as `analysis` folds its terms.
FUNCTION_WORDS: Mapping[str, frozenset[str]] = {
    "en": frozenset(_ENGLISH.split()),
    "de": frozenset(_GERMAN.split()),
    "es": frozenset(_SPANISH.split()),
    "fr": frozenset(_FRENCH.split()),
    "it": frozenset(_ITALIAN.split()),
    "pt": frozenset(_PORTUGUESE.split()),
    "nl": frozenset(_DUTCH.split()),
    "ru": frozenset(_RUSSIAN.split()),
}
_BY_LETTER: Mapping[str, str] = {"ß": "de", "ä": "de", "ñ": "es", "¿": "es", "ã": "pt", "õ": "pt"}
_LETTER_EVIDENCE = 0.5
_ENOUGH = 0.5  # one function word that two languages share ...
_AHEAD = 0.25  # ... and the runner-up clearly behind
_SPELLED_OUT = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ё": "е"}
)
_ACCENTED = re.compile(r"([A-Za-z\u0370-\u03ff])[\u0300-\u036f]+")
_UNITS = frozenset("cdghjklmnst")  # `38 l` and `5 m` are not French, though l' and m' are
_WORD = re.compile(r"(?<![^\W_])[^\W\d_]+(?![^\W_])")


def fold(word: str) -> str:
    """Take the accents off Latin and Greek letters: `Über` -> `Uber`, `naïve` -> `naive`.

    Other scripts stay as they are: there a mark is part of the letter (й, が, हि). Letters that
    Unicode does not decompose are spelled out (`ø` -> `o`, `æ` -> `ae`). Case is kept.
    """
    if word.isascii():
        return word
    spelled = word.translate(_SPELLED_OUT)
    return unicodedata.normalize("NFC", _ACCENTED.sub(r"\1", unicodedata.normalize("NFD", spelled)))


def _latin_languages() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for code, words in FUNCTION_WORDS.items():
        if code != "ru":
            for word in words | frozenset(_ENGLISH_SIGNS.split() if code == "en" else ()):
                if word not in _UNITS:
                    found[word] = (*found.get(word, ()), code)
    return found


_LATIN_LANGUAGES = _latin_languages()


def detect(text: str) -> str:
    """The language of a text, as far as its letters and small words show it.

    Args:
        text: any text; only the first `SAMPLE` characters are read.

    Returns:
        An ISO 639-1 code, or "" when there is too little evidence or two languages tie. A text in
        several scripts gets the language of the larger part.
    """
    sample = text[:SAMPLE]
    if sample.isascii():
        return _by_words(sample)
    sample = unicodedata.normalize("NFKC", sample)
    code = _by_script(sample)
    return _by_words(sample) if code == "latin" else code


def _by_script(sample: str) -> str:
    weights = {code: len(p.findall(sample)) * weight for code, p, weight in _SCRIPT_PATTERNS}
    if weights["ja"] > _KANA_SHARE * (weights["ja"] + weights["zh"]):
        weights["ja"] += weights.pop("zh")
    weights["latin"] = len(_LATIN.findall(sample))
    code = max(weights, key=lambda each: weights[each])
    if not weights[code]:
        return ""
    if code == "ru" and _UKRAINIAN.search(sample):
        return "uk"
    return "fa" if code == "ar" and _PERSIAN.search(sample) else code


def _by_words(sample: str) -> str:
    """The best-supported Latin language: a word shared by n languages counts 1/n for each."""
    scores = dict.fromkeys((code for code in FUNCTION_WORDS if code != "ru"), 0.0)
    lowered = sample.casefold()
    for letter, code in _BY_LETTER.items():
        if letter in sample:
            scores[code] += _LETTER_EVIDENCE
    for word in _WORD.findall(lowered):
        languages = _LATIN_LANGUAGES.get(fold(word), ())
        for code in languages:
            scores[code] += 1 / len(languages)
    (best, first), (_, second) = sorted(scores.items(), key=lambda pair: -pair[1])[:2]
    return best if first >= _ENOUGH and first - second >= _AHEAD else ""
