"""What can go wrong with stored credentials. Nothing is ever wiped or taken for empty."""

from apps.kernel.errors import Error


class Unopened(Error):
    """A stored credential cannot be opened; `manage.py vault status` tells which key is missing."""

    code = "credential_unopened"
    status = 500


class Unkept(Error):
    """No key protects credentials: set CREDENTIALS_KEYS (`manage.py vault key` makes one)."""

    code = "credential_key_missing"
    status = 500


class KeeperUnavailable(Error):
    """The key management service does not answer or refuses; nothing was changed."""

    code = "key_keeper_unavailable"
    status = 503
