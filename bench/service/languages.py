"""Frames and common words, written for the benchmark, in the languages of an organisation."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """Words by falling frequency; frames name their slots.

    Attributes:
        share: of all texts, unitless.
        frames: statements with `thing`, `place`, `state`, `name`.
        questions: asked about a statement with the same slots, some without a name.
        marker: how a note refers to its ticket, with `number`.
    """

    code: str
    share: float
    frames: tuple[str, ...]
    questions: tuple[str, ...]
    marker: str
    things: tuple[str, ...]
    places: tuple[str, ...]
    states: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(","))


ENGLISH = Language(
    "en",
    0.6,
    (
        "The {thing} in {place} is {state} because {name} asked for it.",
        "{name} says that the {thing} of {place} has been {state} since spring.",
        "Before the audit, {name} found the {thing} for {place} {state}.",
        "We keep the {thing} {state} whenever {name} visits {place}.",
        "When {place} called, {name} reported that the {thing} was {state}.",
    ),
    (
        "why is the {thing} in {place} {state}",
        "what does {name} say about the {thing}",
        "{thing} {state} {name}",
        "who found the {thing} for {place} {state}",
        "is the {thing} of {place} still {state}",
    ),
    "Ticket {number}.",
    _words(
        "invoice, server, contract, pump, release, backup, password policy, delivery, schedule,"
        " printer, firewall, budget, forklift, certificate, dashboard, warehouse door, newsletter,"
        " test suite, elevator, price list, queue, licence, boiler, badge reader, data export,"
        " container, training plan, sensor, help page, travel rule, database index, fire drill,"
        " purchase order, cooling unit, login form, spare part, meeting room, glossary, conveyor,"
        " sample kit, time sheet, truck, pipeline, alarm, refund, archive, road map, microscope"
    ),
    _words(
        "Berlin, the north office, hall four, accounting, the Lyon branch, support, the laboratory,"
        " Osaka, the second floor, procurement, the harbour depot, legal, the data centre, Toronto,"
        " customer success, the canteen, the old mill, quality control, Porto, the night shift,"
        " human resources, the field team, the showroom, research, the southern route, reception"
    ),
    _words(
        "late, approved, broken, replaced, double checked, too expensive, locked, moved to Friday,"
        " out of stock, encrypted, translated, postponed, cheaper than planned, under review, slow,"
        " switched off, cleaned twice a week, cancelled, undocumented, signed, overheating,"
        " outsourced, half empty, migrated, rejected, ready, insured, renamed"
    ),
)
GERMAN = Language(
    "de",
    0.15,
    (
        "{name} meldet, dass in {place} Folgendes {state} ist: {thing}.",
        "Seit dem Umbau ist für {place} die Sache mit {thing} {state}, sagt {name}.",
        "Bitte beachten: {thing} in {place} gilt laut {name} als {state}.",
    ),
    (
        "ist {thing} in {place} {state}",
        "was sagt {name} über {thing}",
        "{thing} {state} {place}",
    ),
    "Vorgang {number}.",
    _words(
        "Rechnung, Lieferschein, Heizung, Datensicherung, Dienstplan, Gabelstapler, Zugangskarte,"
        " Preisliste, Wartungsvertrag, Prüfbericht, Messgerät, Reisekosten, Förderband, Schulung,"
        " Kühlraum, Passwortregel, Ersatzteil, Bestellung, Brandschutz, Kundenportal, Lizenz"
    ),
    _words(
        "Hamburg, Halle drei, Buchhaltung, Werk Süd, Vertrieb, Labor, Zürich, Einkauf, Lager,"
        " Frühschicht, Personalabteilung, Rechenzentrum, Wien, Kantine, Versand"
    ),
    _words(
        "verspätet, genehmigt, defekt, ersetzt, gesperrt, zu teuer, in Prüfung, abgesagt, fertig,"
        " ausgelagert, unvollständig, verschlüsselt, umbenannt, überhitzt, unterschrieben"
    ),
)
SPANISH = Language(
    "es",
    0.1,
    (
        "{name} avisa de que {thing} en {place} está {state}.",
        "Desde marzo {thing} de {place} sigue {state}, según {name}.",
    ),
    ("por qué {thing} en {place} está {state}", "qué dice {name} de {thing}"),
    "Caso {number}.",
    _words(
        "la factura, el servidor, el contrato, la bomba, el pedido, la copia de seguridad,"
        " el ascensor, la lista de precios, la licencia, el almacén, el informe, la alarma,"
        " el camión, la formación, el presupuesto, el filtro"
    ),
    _words(
        "Sevilla, la planta baja, contabilidad, el puerto, ventas, Lima, el laboratorio, compras,"
        " la ruta norte, el turno de noche"
    ),
    _words(
        "retrasado, aprobado, roto, sustituido, bloqueado, en revisión, cancelado, listo,"
        " sin existencias, cifrado, pospuesto"
    ),
)
FRENCH = Language(
    "fr",
    0.1,
    (
        "{name} signale que {thing} à {place} reste {state}.",
        "Depuis lundi, {thing} pour {place} est {state} selon {name}.",
    ),
    ("pourquoi {thing} à {place} est {state}", "que dit {name} sur {thing}"),
    "Dossier {number}.",
    _words(
        "la facture, le serveur, le contrat, la pompe, la livraison, la sauvegarde, le budget,"
        " le planning, la chaudière, le badge, le rapport, le tarif, la formation, le camion,"
        " le capteur, le certificat"
    ),
    _words(
        "Nantes, la comptabilité, le dépôt, Genève, le support, le laboratoire, les achats,"
        " la cantine, le hall deux, la direction"
    ),
    _words(
        "en retard, validé, en panne, remplacé, bloqué, trop cher, annulé, prêt, chiffré, reporté,"
        " en cours de revue"
    ),
)
CHINESE = Language(
    "zh",
    0.05,
    ("{name}说{place}的{thing}已经{state}。", "{place}的{thing}自上周起{state}，由{name}负责。"),
    ("{place}的{thing}为什么{state}", "{name}怎么说{thing}"),
    "工单{number}。",
    _words(
        "发票, 服务器, 合同, 水泵, 订单, 备份, 电梯, 价格表, 许可证, 仓库门, 检测报告, 叉车,"
        " 培训计划, 冷却机组, 密码规则"
    ),
    _words("上海, 二号厂房, 财务部, 实验室, 采购部, 夜班, 数据中心, 成都, 客服中心, 物流部"),
    _words("延期, 批准, 损坏, 更换, 锁定, 取消, 完成, 缺货, 加密, 推迟, 审核中"),
)
ALL = (ENGLISH, GERMAN, SPANISH, FRENCH, CHINESE)
