"""Exit status 0 when the web process of this container answers `/health/live`."""

import http.client
import os
import sys


def alive() -> bool:
    """Whether it answers 200 to a host name that it accepts."""
    host = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip() or "localhost"
    port = int(os.environ.get("WEB_PORT", "8000"))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        connection.request("GET", "/health/live", headers={"Host": host.lstrip(".*")})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if alive() else 1)
