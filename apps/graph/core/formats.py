"""A graph in forms that other tools read: GraphML, JSON-LD and Cypher statements.

Names were written by anybody: each form quotes them by its own rules, and none lets a name end a
string, a tag or a statement.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr  # writes, parses nothing # nosec B406

_ILLEGAL_XML = {
    code: " "
    for code in (*range(0x20), *range(0x7F, 0xA0), 0xFFFE, 0xFFFF)
    if chr(code) not in "\t\n\r"
}
_NODE_KEYS = ("type", "name", "aliases")
_EDGE_KEYS = ("type", "valid_from", "valid_to", "status", "confidence", "recorded_at")


@dataclass(frozen=True, slots=True)
class Thing:
    """An entity: a public id, a type of letters, digits and underscores, names."""

    id: str
    type: str
    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A relation between two things by their ids, valid from and until; None is open."""

    id: str
    type: str
    subject: str
    object: str
    valid_from: datetime | None
    valid_to: datetime | None
    status: str
    confidence: float
    recorded_at: datetime


def graphml(things: Iterable[Thing], links: Iterable[Link]) -> Iterator[str]:
    """Pieces of one GraphML document; times in ISO 8601, aliases separated by line ends."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    for domain, keys in (("node", _NODE_KEYS), ("edge", _EDGE_KEYS)):
        for key in keys:
            kind = "double" if key == "confidence" else "string"
            yield (
                f'<key id="{domain}_{key}" for="{domain}" attr.name="{key}" attr.type="{kind}"/>\n'
            )
    yield '<graph edgedefault="directed">\n'
    for thing in things:
        told = {"type": thing.type, "name": thing.name, "aliases": "\n".join(thing.aliases)}
        yield f"<node id={_attribute(thing.id)}>{_data('node', told)}</node>\n"
    for link in links:
        ends = f"source={_attribute(link.subject)} target={_attribute(link.object)}"
        yield f"<edge id={_attribute(link.id)} {ends}>{_data('edge', _told(link))}</edge>\n"
    yield "</graph>\n</graphml>\n"


def jsonld(things: Iterable[Thing], links: Iterable[Link]) -> Iterator[str]:
    """Pieces of one JSON-LD document: things by schema.org, each relation a node of its own."""
    context = {
        "@vocab": "urn:memoryhub:",
        "name": "https://schema.org/name",
        "aliases": "https://schema.org/alternateName",
        "subject": {"@id": "http://www.w3.org/1999/02/22-rdf-syntax-ns#subject", "@type": "@id"},
        "object": {"@id": "http://www.w3.org/1999/02/22-rdf-syntax-ns#object", "@type": "@id"},
    }
    yield f'{{"@context": {json.dumps(context)},\n"@graph": [\n'
    between = ""
    for row in (*map(_thing_ld, things), *map(_link_ld, links)):
        yield between + json.dumps(row, ensure_ascii=False)
        between = ",\n"
    yield "\n]}\n"


def cypher(things: Iterable[Thing], links: Iterable[Link]) -> Iterator[str]:
    """MERGE statements, one a line; running them twice changes nothing."""
    for thing in things:
        told = {"name": thing.name, "aliases": list(thing.aliases)}
        yield f"MERGE (n:{_word(thing.type)} {{id: {_quoted(thing.id)}}}) SET n += {_map(told)};\n"
    for link in links:
        ends = f"MATCH (a {{id: {_quoted(link.subject)}}}), (b {{id: {_quoted(link.object)}}})"
        edge = f"MERGE (a)-[r:{_word(link.type)} {{id: {_quoted(link.id)}}}]->(b)"
        told = {key: value for key, value in _told(link).items() if key != "type"}
        yield f"{ends} {edge} SET r += {_map(told)};\n"


FORMATS = {
    "graphml": (graphml, "application/graphml+xml", "graphml"),
    "jsonld": (jsonld, "application/ld+json", "jsonld"),
    "cypher": (cypher, "text/plain", "cypher"),
}
"""By name: how it is written, its content type and the ending of a file."""


def _told(link: Link) -> dict[str, Any]:
    """Attributes of a relation; an open end is left out."""
    told = {
        "type": link.type,
        "valid_from": link.valid_from and link.valid_from.isoformat(),
        "valid_to": link.valid_to and link.valid_to.isoformat(),
        "status": link.status,
        "confidence": link.confidence,
        "recorded_at": link.recorded_at.isoformat(),
    }
    return {key: value for key, value in told.items() if value is not None}


def _attribute(text: str) -> str:
    return quoteattr(text.translate(_ILLEGAL_XML))


def _data(domain: str, told: dict[str, Any]) -> str:
    return "".join(
        f'<data key="{domain}_{key}">{escape(str(value).translate(_ILLEGAL_XML))}</data>'
        for key, value in told.items()
        if value != ""
    )


def _thing_ld(thing: Thing) -> dict[str, Any]:
    told: dict[str, Any] = {"@id": f"urn:uuid:{thing.id}", "@type": thing.type, "name": thing.name}
    return {**told, "aliases": list(thing.aliases)} if thing.aliases else told


def _link_ld(link: Link) -> dict[str, Any]:
    ends = {"subject": f"urn:uuid:{link.subject}", "object": f"urn:uuid:{link.object}"}
    told = {key: value for key, value in _told(link).items() if key != "type"}
    return {"@id": f"urn:uuid:{link.id}", "@type": "Relation", "relation": link.type,
            **ends, **told}  # fmt: skip


def _word(text: str) -> str:
    """A label or type between back quotes."""
    return "`" + text.replace("`", "``") + "`"


def _quoted(text: str) -> str:
    """A string of Cypher; what could end it or the line is written as its code."""
    plain = text.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + "".join(one if one.isprintable() else _code(one) for one in plain) + "'"


def _code(letter: str) -> str:
    """UTF-16 escapes, as Cypher reads them."""
    units = letter.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _map(told: dict[str, Any]) -> str:
    return "{" + ", ".join(f"{key}: {_value(value)}" for key, value in told.items()) + "}"


def _value(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return repr(value) if isinstance(value, float | int) else _quoted(str(value))
