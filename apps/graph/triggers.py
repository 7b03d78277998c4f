"""What the database does by itself: pending work, the cascade of evidence, one truth at a time.

Triggers run with the rights of the tables' owner, because a request that retracts a memory sees
only its own part of the graph. Whoever changes the graph of an organisation holds its advisory
lock and waits for no row of a memory while it does. So what a memory takes along goes at the end of
the transaction that took it back, when that has every row it wants: two that take back many
memories at once wait for each other in one order only.
"""

_DEFINER = "LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$"

# Spaces of the given entities and relations anew; what has no evidence left is gone.
_RECOUNT = f"""
CREATE FUNCTION graph_recount(entities bigint[], relations bigint[]) RETURNS void
    {_DEFINER}
DECLARE
    home bigint;
    heir bigint;
    dead record;
BEGIN
    SELECT organisation_id INTO home FROM graph_entity WHERE id = ANY(entities) LIMIT 1;
    IF home IS NULL THEN
        SELECT organisation_id INTO home FROM graph_relation WHERE id = ANY(relations) LIMIT 1;
    END IF;
    IF home IS NULL THEN RETURN; END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('graph:' || home, 0));

    UPDATE graph_relation r
       SET spaces = e.live, known_spaces = e.known,
           ended_at = CASE WHEN e.live = '{{}}' THEN coalesce(r.ended_at, e.ended, now()) END
      FROM (SELECT i.id, max(v.ended_at) AS ended,
                   coalesce(array_agg(DISTINCT v.space_id)
                            FILTER (WHERE v.id IS NOT NULL AND v.ended_at IS NULL), '{{}}') AS live,
                   coalesce(array_agg(DISTINCT v.space_id)
                            FILTER (WHERE v.id IS NOT NULL), '{{}}') AS known
              FROM unnest(relations) AS i(id)
              LEFT JOIN graph_evidence v ON v.relation_id = i.id GROUP BY i.id) AS e
     WHERE r.id = e.id AND (r.spaces, r.known_spaces) IS DISTINCT FROM (e.live, e.known);
    DELETE FROM graph_relation WHERE id = ANY(relations) AND known_spaces = '{{}}';

    UPDATE graph_entity n SET spaces = e.live, known_spaces = e.known
      FROM (SELECT i.id,
                   coalesce(array_agg(DISTINCT v.space_id)
                            FILTER (WHERE v.id IS NOT NULL AND v.ended_at IS NULL), '{{}}') AS live,
                   coalesce(array_agg(DISTINCT v.space_id)
                            FILTER (WHERE v.id IS NOT NULL), '{{}}') AS known
              FROM unnest(entities) AS i(id)
              LEFT JOIN graph_evidence v ON v.entity_id = i.id GROUP BY i.id) AS e
     WHERE n.id = e.id AND (n.spaces, n.known_spaces) IS DISTINCT FROM (e.live, e.known);
    FOR dead IN SELECT n.id FROM graph_entity n
                 WHERE n.id = ANY(entities) AND n.known_spaces = '{{}}'
                   AND NOT EXISTS (SELECT FROM graph_relation r WHERE r.subject_id = n.id)
                   AND NOT EXISTS (SELECT FROM graph_relation r WHERE r.object_id = n.id)
                 ORDER BY n.id LOOP
        SELECT min(id) INTO heir FROM graph_entity WHERE merged_into_id = dead.id;
        IF heir IS NOT NULL THEN  -- what it stood for stays together without it
            UPDATE graph_entity SET merged_into_id = nullif(heir, id)
             WHERE merged_into_id = dead.id;
            UPDATE graph_relation SET subject_group = heir WHERE subject_group = dead.id;
            UPDATE graph_relation SET object_group = heir WHERE object_group = dead.id;
        END IF;
        DELETE FROM graph_entity WHERE id = dead.id;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION graph_recount(bigint[], bigint[]) FROM PUBLIC;
"""  # noqa: S608  names of this module


def _evidence(event: str, rows: str) -> str:
    return f"""
CREATE FUNCTION graph_evidence_{event}() RETURNS trigger {_DEFINER}
DECLARE
    entities bigint[];
    relations bigint[];
BEGIN
    SELECT array_agg(DISTINCT entity_id) FILTER (WHERE entity_id IS NOT NULL),
           array_agg(DISTINCT relation_id) FILTER (WHERE relation_id IS NOT NULL)
      INTO entities, relations FROM {rows};
    IF entities IS NOT NULL OR relations IS NOT NULL THEN
        PERFORM graph_recount(coalesce(entities, '{{}}'), coalesce(relations, '{{}}'));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER graph_evidence_{event} AFTER {event.upper()} ON graph_evidence
    REFERENCING {"OLD" if event == "delete" else "NEW"} TABLE AS {rows}
    FOR EACH STATEMENT EXECUTE FUNCTION graph_evidence_{event}();
"""  # noqa: S608  names of this module


# A memory that comes, changes or goes. What was taken back takes its evidence along at once.
_MEMORIES = f"""
CREATE FUNCTION graph_note(ids bigint[]) RETURNS void {_DEFINER}
BEGIN
    INSERT INTO graph_pending (memory_id, attempts, next_attempt_at)
    SELECT m.id, 0, statement_timestamp()
      FROM memories_memory m JOIN spaces_space s ON s.id = m.space_id
     WHERE m.id = ANY(ids) AND (s.kind <> 'personal'
           OR EXISTS (SELECT FROM graph_personalgraph p WHERE p.space_id = s.id))
    ON CONFLICT (memory_id) DO UPDATE SET attempts = 0, next_attempt_at = EXCLUDED.next_attempt_at;
END $$;
REVOKE ALL ON FUNCTION graph_note(bigint[]) FROM PUBLIC;

CREATE FUNCTION graph_memory_insert() RETURNS trigger {_DEFINER}
BEGIN
    PERFORM graph_note(array_agg(id)) FROM new_rows;
    RETURN NULL;
END $$;
CREATE TRIGGER graph_memory_insert AFTER INSERT ON memories_memory
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION graph_memory_insert();

CREATE FUNCTION graph_memory_update() RETURNS trigger {_DEFINER}
BEGIN
    PERFORM graph_note(ARRAY[NEW.id]);
    RETURN NULL;
END $$;
CREATE TRIGGER graph_memory_update AFTER UPDATE ON memories_memory
    FOR EACH ROW WHEN ((OLD.status, OLD.revision) IS DISTINCT FROM (NEW.status, NEW.revision)
                       AND NEW.status NOT IN ('retracted', 'quarantined', 'erased'))
    EXECUTE FUNCTION graph_memory_update();

CREATE FUNCTION graph_memory_gone() RETURNS trigger {_DEFINER}
BEGIN
    IF EXISTS (SELECT FROM memories_memory m WHERE m.id = NEW.id
                  AND m.status IN ('retracted', 'quarantined', 'erased')) THEN
        DELETE FROM graph_reading WHERE memory_id = NEW.id;
        DELETE FROM graph_pending WHERE memory_id = NEW.id;
        DELETE FROM graph_evidence WHERE memory_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER graph_memory_gone AFTER UPDATE ON memories_memory
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status
                       AND NEW.status IN ('retracted', 'quarantined', 'erased'))
    EXECUTE FUNCTION graph_memory_gone();
"""  # noqa: S608  names of this module

# Sections come with a merge; the next one tells of them until when they were known.
_CANON = f"""
CREATE FUNCTION graph_section_change() RETURNS trigger {_DEFINER}
BEGIN
    INSERT INTO graph_pending (section_id, attempts, next_attempt_at)
    SELECT s.id, 0, statement_timestamp() FROM new_rows s ORDER BY s.id
    ON CONFLICT (section_id) DO UPDATE SET attempts = 0, next_attempt_at = EXCLUDED.next_attempt_at;
    RETURN NULL;
END $$;
CREATE TRIGGER graph_section_insert AFTER INSERT ON canon_section
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION graph_section_change();
CREATE TRIGGER graph_section_update AFTER UPDATE ON canon_section
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION graph_section_change();
"""  # noqa: S608  names of this module

# Nothing changes a revision but erasing words from it; evidence may be made of those words.
_HISTORY = f"""
CREATE FUNCTION graph_revision_update() RETURNS trigger {_DEFINER}
BEGIN
    PERFORM graph_note(array_agg(m.id)) FROM memories_memory m
      WHERE m.id = NEW.memory_id AND m.status IN ('active', 'superseded');
    DELETE FROM graph_reading WHERE memory_id = NEW.memory_id;
    DELETE FROM graph_evidence WHERE memory_id = NEW.memory_id;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER graph_revision_update AFTER UPDATE ON memories_memoryrevision
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION graph_revision_update();
"""  # noqa: S608  names of this module

# No two objects of one functional relation at a time. An exclusion constraint would also refuse two
# claims of the same object whose times overlap: GiST without extensions knows no "differs from".
_ONE_TRUTH = f"""
CREATE FUNCTION graph_one_truth() RETURNS trigger {_DEFINER}
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('graph:' || NEW.organisation_id, 0));
    IF EXISTS (SELECT FROM graph_relation r
                WHERE r.subject_group = NEW.subject_group AND r.type = NEW.type
                  AND r.realm = NEW.realm AND r.object_group <> NEW.object_group
                  AND r.valid && NEW.valid AND r.functional AND r.status = 'active'
                  AND r.spaces <> '{{}}' AND r.id <> NEW.id) THEN
        RAISE EXCEPTION 'Another % of this subject holds at the same time', NEW.type
              USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'graph_one_truth';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER graph_one_truth BEFORE INSERT OR UPDATE ON graph_relation
    FOR EACH ROW WHEN (NEW.functional AND NEW.status = 'active' AND NEW.spaces <> '{{}}')
    EXECUTE FUNCTION graph_one_truth();
"""

# What fires at the end of a transaction, for whoever wants to see it before
DEFERRED = ("graph_memory_gone", "graph_revision_update")
INSTALL = (
    _RECOUNT
    + _evidence("insert", "new_rows")
    + _evidence("update", "new_rows")
    + _evidence("delete", "old_rows")
    + _MEMORIES
    + _HISTORY
    + _CANON
    + _ONE_TRUTH
)
REMOVE = """
DROP FUNCTION IF EXISTS graph_memory_insert() CASCADE;
DROP FUNCTION IF EXISTS graph_memory_update() CASCADE;
DROP FUNCTION IF EXISTS graph_memory_gone() CASCADE;
DROP FUNCTION IF EXISTS graph_revision_update() CASCADE;
DROP FUNCTION IF EXISTS graph_section_change() CASCADE;
DROP FUNCTION IF EXISTS graph_evidence_insert() CASCADE;
DROP FUNCTION IF EXISTS graph_evidence_update() CASCADE;
DROP FUNCTION IF EXISTS graph_evidence_delete() CASCADE;
DROP FUNCTION IF EXISTS graph_one_truth() CASCADE;
DROP FUNCTION IF EXISTS graph_note(bigint[]);
DROP FUNCTION IF EXISTS graph_recount(bigint[], bigint[]);
"""
