"""The hub's settings with one thing changed, named by VARIANT: for `make bench-serving` alone."""

import os

from memoryhub.settings import *  # noqa: F403  that is the point
from memoryhub.settings import DATABASES

_database = DATABASES["default"]
match os.environ["VARIANT"]:
    case "unchecked":
        _database["CONN_HEALTH_CHECKS"] = False
    case "pool":
        _database["CONN_MAX_AGE"] = 0  # Django refuses a pool of kept connections
        _database["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 4}
    case "binding":
        _database["OPTIONS"]["server_side_binding"] = True
    case "prepared":
        _database["OPTIONS"] |= {"server_side_binding": True, "prepare_threshold": 5}
