"""What runs when, in UTC. Code, not rows: it changes with releases; switches are policy rows."""

from celery.schedules import crontab

SCHEDULE = {
    "embed what is pending": {"task": "memories.embed_pending", "schedule": 10.0},
    "read what the graph has not read": {"task": "graph.read_pending", "schedule": 5.0},
    "ask about what the graph has read": {"task": "graph.ask_pending", "schedule": 30.0},
    "archive what has expired": {"task": "memories.archive_expired", "schedule": 300.0},
    "seal the audit log": {"task": "audit.seal", "schedule": 60.0},
    "fold statistics": {"task": "memories.fold_statistics", "schedule": 30.0},
    "recount statistics": {
        "task": "memories.repair_statistics",
        "schedule": crontab(hour=3, minute=30),
    },
    "embed sections of canon": {"task": "canon.embed_sections", "schedule": 10.0},
    "push canon to remotes": {"task": "canon.push_behind", "schedule": 30.0},
    "mirror canon in git": {"task": "canon.mirror_behind", "schedule": 60.0},
    "resume runs that lost their worker": {"task": "curation.resume", "schedule": 60.0},
    "consolidate spaces that are due": {"task": "consolidation.sweep", "schedule": 300.0},
    "briefs of spaces where something changed": {
        "task": "consolidation.briefs",
        "schedule": 300.0,
    },
    "resume consolidation that lost its worker": {
        "task": "consolidation.resume",
        "schedule": 60.0,
    },
    "resume erasures and finish what they left": {"task": "governance.resume", "schedule": 60.0},
    "nightly retention": {"task": "governance.retain", "schedule": crontab(hour=1, minute=0)},
    "distil captures": {"task": "captures.distil", "schedule": 30.0},
    "nightly decay": {"task": "decay.nightly", "schedule": crontab(hour=1, minute=30)},
    "go on with decay that lost its worker": {"task": "decay.resume", "schedule": 60.0},
    "daily digest for reviewers": {"task": "desk.digest", "schedule": crontab(hour=6, minute=0)},
    "nightly curation": {"task": "curation.nightly", "schedule": crontab(hour=2, minute=0)},
}
