"""Closed word lists the rules read: numbers, units, months, negation, opposites, function words.

Only closed classes belong here (a language has few of each), folded the way `facets.fold` folds.
Subject words never do: what an organisation talks about comes from its notes.
"""

_COUNTING = (
    "zero one two three four five six seven eight nine ten eleven twelve",
    "null eins zwei drei vier funf sechs sieben acht neun zehn elf zwolf",
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce",
    "zero un deux trois quatre cinq six sept huit neuf dix onze douze",
    "zero um dois tres quatro cinco seis sete oito nove dez onze doze",
)
_ROUND = (
    "15 fifteen funfzehn quince quinze",
    "20 twenty zwanzig veinte vingt vinte",
    "30 thirty dreissig treinta trente trinta",
    "40 forty vierzig cuarenta quarante quarenta",
    "50 fifty funfzig cincuenta cinquante cinquenta",
    "60 sixty sechzig sesenta soixante sessenta",
    "90 ninety neunzig noventa",
    "100 hundred hundert cien cent cem",
)
# The indefinite article, "once" (a single time) and "null" are words more often than numbers.
_NOT_NUMBERS = {"one", "un", "uno", "um", "eins", "once", "null"}


def _number_words() -> dict[str, str]:
    words = {word: str(n) for row in _COUNTING for n, word in enumerate(row.split())}
    for row in _ROUND:
        value, *spellings = row.split()
        words |= dict.fromkeys(spellings, value)
    words |= {"duas": "2", "zwo": "2"}
    return {word: value for word, value in words.items() if word not in _NOT_NUMBERS}


NUMBER_WORDS = _number_words()

# A row: what is measured, the name of the unit, its spellings.
_UNITS = """
time week w wk wks week weeks woche wochen semana semanas semaine semaines 週間 週 周 주간 주
time day d day days tag tage tagen dia dias jour jours 日間 日 天 일
time hour h hr hrs hour hours std stunde stunden hora horas heure heures 時間 小时 시간
time minute min mins minute minutes minuten minuto minutos 分間 分钟 分 분
time second s sec secs second seconds sekunde sekunden segundo segundos seconde secondes 秒 초
time month month months monat monate monaten mes meses mois か月 ヶ月 个月 개월
time year year years yr yrs jahr jahre jahren ano anos an ans 年間 年 년
share percent % percent pct prozent porcentaje パーセント 퍼센트
money eur € eur euro euros ユーロ 欧元 유로
money usd $ usd dollar dollars ドル 美元 달러
money gbp £ gbp
pressure bar bar bars バール 巴
pressure psi psi
length km km
length m m metre metres meter meters metern metro metros メートル 米 미터
length mm mm millimetre millimetres millimeter millimeters milimetros
length cm cm
torque newton_metre nm
torque foot_pound ft-lb ft-lbs ftlb lb-ft
voltage volt v volt volts
power kilowatt kw
frequency hertz hz
temperature celsius °c c 度 도
temperature fahrenheit °f
volume litre l litre litres liter liters litros リットル 升 리터
mass kilogram kg kilo kilos
mass gram g gram grams gramm
data gigabyte gb
data megabyte mb
noise decibel db dba db(a)
count piece pc pcs piece pieces stuck piezas pieces 個 件 개
"""
_UNIT_ROWS = [row.split() for row in _UNITS.strip().split("\n")]
UNITS = {spelling: unit for _, unit, *spellings in _UNIT_ROWS for spelling in spellings}
DIMENSIONS = {unit: dimension for dimension, unit, *_ in _UNIT_ROWS}

_MONTHS = (
    "jan january januar enero janvier janeiro",
    "feb february februar febrero fevrier fevereiro",
    "mar march marz marzo mars marco",
    "apr april abril avril",
    "mai mayo maio",
    "jun june juni junio juin junho",
    "jul july juli julio juillet julho",
    "aug august agosto aout",
    "sep sept september septiembre septembre setembro",
    "oct okt october oktober octubre octobre outubro",
    "nov november noviembre novembre novembro",
    "dec dez december dezember diciembre decembre dezembro",
)
MONTHS = {word: month for month, row in enumerate(_MONTHS, 1) for word in row.split()}

_NEGATIONS = """
no not never none neither nor without cannot cant dont doesnt didnt isnt arent wasnt werent wont
shouldnt mustnt couldnt wouldnt hasnt havent nobody nothing kein keine keinen keiner keinem
nicht nie niemals ohne nunca jamas sin nada ningun ninguna ne pas jamais sans aucun aucune nao
sem nenhum nenhuma
"""
NEGATIONS = frozenset(_NEGATIONS.split())
# Substrings, for scripts without spaces between words.
NEGATIONS_UNSPACED = (
    "ない",
    "ません",
    "不可",
    "禁止",
    "不要",
    "不是",
    "没有",
    "不能",
    "않",
    "안 ",
    "없",
)

_OPPOSITES = """
up down
in out
on off
open closed
open close
opens closes
higher lower
high low
above below
over under
before after
start stop
increase decrease
increases decreases
increased decreased
more less
most least
allowed forbidden
allow forbid
allowed prohibited
accept reject
accepts rejects
accepted rejected
accepted refused
accepts refuses
enable disable
enabled disabled
with without
wet dry
hot cold
warm cold
large small
big small
old new
left right
top bottom
inside outside
first last
first second
first third
minimum maximum
min max
early late
earlier later
fast slow
safe unsafe
right wrong
correct incorrect
possible impossible
required optional
mandatory optional
include exclude
included excluded
push pull
add remove
buy sell
import export
gain loss
won lost
pass fail
passes fails
passed failed
rise fall
rises falls
valid invalid
clockwise counterclockwise
man woman
men women
boy girl
male female
"""
OPPOSITES = frozenset(frozenset(pair.split()) for pair in _OPPOSITES.strip().split("\n"))

# Words that change nothing when they differ.
_ARTICLES = """
a an the der die das den dem des ein eine einen einem el la los las le les o os as l
"""
ARTICLES = frozenset(_ARTICLES.split())
