"""What each concept is called in eight languages.

A concept alone means nothing; `instructions.RULES` says which of them, close to each other, are a
sign. One alternation per concept and language group, so that every sentence is read a fixed number
of times.
"""

import re

from .words_of_deed import DEED
from .words_of_reply import REPLY

CONCEPTS = {
    concept: tuple(re.compile(word) for word in words) for concept, words in (REPLY | DEED).items()
}
