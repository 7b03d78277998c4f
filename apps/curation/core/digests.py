"""What values and texts are recognised by, as 64 hexadecimal digits of SHA-256."""

import hashlib
import json


def of_values(value: object) -> str:
    """Identity of plain values; the order of keys does not count."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def of_text(text: str) -> str:
    """Identity of a text, letter by letter."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
