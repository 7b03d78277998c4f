"""Ideas a planted instruction has to express somehow."""

from enum import StrEnum


class Concept(StrEnum):
    """One idea a planted note has to express somehow."""

    READER = "a machine that reads notes"
    MACHINE = "a reader that is certainly not a person"
    ORDER = "has to, always, from now on"
    ANSWER = "answer, say, recommend"
    ASKED = "when somebody asks"
    TRIGGER = "when a word turns up"
    CONCEAL = "do not mention, tell, store"
    CONCEAL_THIS = "keep this note itself quiet"
    UNCHECKED = "without review, no longer needs approval"
    APPROVED = "already approved, counts as granted"
    SWEEPING = "regardless, whatever, everybody at once"
    FALSE_OK = "record as successful, mark as passed"
    SEND = "send, forward, attach, upload"
    SINK = "an address outside"
    PRIVATE_DATA = "conversations, customer lists, credentials, prices"
    EVERY_OUTPUT = "in every answer, summary, session"
    PUT = "add, paste, copy, include"
    GRANT = "give access, delete, switch off"
    NEW_BANK = "the bank account has changed"
    PAY = "pay, transfer"
    SAFETY = "a limit or check that protects"
    YOUR_CODE = "your answer, your implementation"
    YOUR_REPLY = "your answer, your summary"
    ADVERTISE = "promote, advertise, suggest that people"
    SYSTEM_PROMPT = "the hidden instructions"
    REVEAL = "show, repeat, translate"
