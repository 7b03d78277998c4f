"""PostgreSQL and Redis for one machine, from pip packages: nothing to install or configure.

`start(var)` brings both up with their data under `var/`; `urls(var)` tells any other process where
they are. The services belong to the process that started them and end with it, however it ends.
"""

from memoryhub.embedded.addresses import ServiceUrls, parse_database_url
from memoryhub.embedded.process import ServiceError
from memoryhub.embedded.services import Services, start, urls

__all__ = ["ServiceError", "ServiceUrls", "Services", "parse_database_url", "start", "urls"]
