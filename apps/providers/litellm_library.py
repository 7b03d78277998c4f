"""LiteLLM, imported when it is first needed and made to behave."""

import logging
import os
import threading
from functools import lru_cache
from typing import Any

# At DEBUG these write whole requests, with texts and key, into the log
TALKATIVE = ("LiteLLM", "openai", "httpx", "httpcore")


def litellm() -> Any:
    """The library, quiet, without retries of its own. The first call of a process takes seconds."""
    # Without this the import fetches a price list from the internet, with retries when offline
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    import litellm as library  # noqa: PLC0415  6-8 s and 190 MB: only for a process that needs it

    client: Any = library
    client.suppress_debug_info = True  # it would print advice to standard output
    client.DEFAULT_MAX_RETRIES = 0  # what it reads when told `max_retries=0`
    for name in TALKATIVE:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.WARNING))
    return client


@lru_cache(maxsize=1)
def load_soon() -> threading.Thread:
    """Begin to import the library beside whatever this process serves; once per process."""
    thread = threading.Thread(target=litellm, name="litellm", daemon=True)
    thread.start()
    return thread
