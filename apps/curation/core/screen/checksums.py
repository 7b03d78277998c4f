"""Check digits of bank, card and identity numbers: what tells them from part and order numbers."""

import re

_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def iban(number: str) -> bool:
    """Whether `number` (spaces allowed) has valid IBAN check digits. Source: ISO 13616, mod 97."""
    compact = number.replace(" ", "").upper()
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", compact):
        return False
    return int("".join(str(int(c, 36)) for c in compact[4:] + compact[:4])) % 97 == 1


def card_number(number: str) -> bool:
    """Whether 15 or 16 digits (spaces and hyphens allowed) pass the Luhn test of ISO/IEC 7812-1."""
    digits = [int(c) for c in number if c.isdecimal()]
    if len(digits) not in {15, 16} or len(set(digits)) == 1:
        return False
    doubled = (sum(divmod(2 * d, 10)) for d in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def national_id(number: str) -> bool:
    """Whether `number` is shaped like an identity number and its check digit, if any, agrees.

    Knows the United States (no check digit), Brazil (CPF), Korea (shape only), China (18 digits,
    GB 11643) and Spain (DNI letter).
    """
    if re.fullmatch(r"\d{17}[\dXx]", number):
        total = sum(int(d) * w for d, w in zip(number, _RESIDENT_WEIGHTS, strict=False))
        return "10X98765432"[total % 11] == number[-1].upper()
    if dni := re.fullmatch(r"(\d{8})-?([A-Z])", number):
        return _DNI_LETTERS[int(dni[1]) % 23] == dni[2]
    return bool(
        re.fullmatch(r"\d{3}-\d{2}-\d{4}|\d{3}(?:\.\d{3}){2}-\d{2}|\d{6}-[1-4]\d{6}", number)
    )
