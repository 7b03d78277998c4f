"""A process that owns embedded services, so that tests can kill it: `python owner.py VAR`.

Prints one JSON line with the pids when the services answer, then waits for the end of its input.
"""

import json
import sys
from pathlib import Path

from memoryhub import embedded

if __name__ == "__main__":
    try:
        with embedded.start(Path(sys.argv[1])) as services:
            note = {"pids": services.pids, "database": services.urls.database_url}
            sys.stdout.write(json.dumps(note | {"attached": services.attached}) + "\n")
            sys.stdout.flush()
            sys.stdin.read()
    except embedded.ServiceError as error:
        sys.exit(str(error))
