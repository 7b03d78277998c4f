"""The only way past the triggers that keep history, evidence and usage append-only.

Each function works for an erasure (or a retention run) that is under way, named by its public id;
each blanks fixed columns of fixed tables. They run with the rights of their owner and step past
named triggers for their own duration. Nobody but the owner may call them: a role that serves
requests has no EXECUTE on them.
"""

# Names as django-pgtrigger gives them; a test compares them with the models' triggers.
STEPPED_PAST = {
    "memories.MemoryRevision": "pgtrigger_append_only_b5410",
    "memories.Confirmation": "pgtrigger_append_only_70868",
    "curation.RulingNote": "pgtrigger_append_only_a2496",
    "curation.Ruling": "pgtrigger_append_only_4c332",
    "curation.Policy": "pgtrigger_append_only_3ff22",
    "recall.RecallUse": "pgtrigger_append_only_6d482",
}
FUNCTIONS = (
    "governance_blank_history(uuid, bigint[])",
    "governance_blank_evidence(uuid, bigint[])",
    "governance_blank_words(uuid, bigint[])",
)


def _function(signature: str, body: str) -> str:
    past = ",".join(STEPPED_PAST.values())
    return f"""
CREATE OR REPLACE FUNCTION {signature} RETURNS TABLE (relation text, changed bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    before text := COALESCE(current_setting('pgtrigger.ignore', true), '');
BEGIN
    IF NOT EXISTS (SELECT FROM governance_erasure
                    WHERE public_id = warrant AND state = 'running')
       AND NOT EXISTS (SELECT FROM governance_retentionrun
                        WHERE public_id = warrant AND state = 'running' AND NOT dry) THEN
        RAISE EXCEPTION 'No erasure % is under way', warrant;
    END IF;
    PERFORM set_config('pgtrigger.ignore', '{{{past}}}', true);
{body}
    PERFORM set_config('pgtrigger.ignore', before, true);
END $$;
REVOKE ALL ON FUNCTION {signature.replace("warrant ", "").replace("ids ", "")} FROM PUBLIC;
"""  # noqa: S608  only the constants of this module


def _counted(relation: str, statement: str) -> str:
    return f"""
    {statement.strip()};
    GET DIAGNOSTICS changed = ROW_COUNT;
    relation := '{relation}';
    RETURN NEXT;
"""


_HISTORY = _counted(
    "memories_memoryrevision",
    """
    UPDATE memories_memoryrevision r
       SET text = '', tags = '{}', metadata = '{}', reason = '', language = '',
           occurred_at = r.recorded_at, valid_from = NULL, valid_to = NULL, expires_at = NULL
      FROM memories_memory m
     WHERE m.id = r.memory_id AND m.id = ANY (ids) AND r.number < m.revision
       AND (r.text <> '' OR r.reason <> '' OR r.tags <> '{}' OR r.metadata <> '{}')
""",
)
_EVIDENCE = _counted(
    "memories_confirmation",
    """
    UPDATE memories_confirmation SET note = '' WHERE memory_id = ANY (ids) AND note <> ''
""",
) + _counted(
    "curation_rulingnote",
    """
    UPDATE curation_rulingnote SET content_hash = ''
     WHERE memory_id = ANY (ids) AND content_hash <> ''
""",
)
_WORDS = (
    _counted(
        "memories_memoryrevision",
        """
    UPDATE memories_memoryrevision SET reason = ''
     WHERE recorded_by_id = ANY (ids) AND reason <> ''
""",
    )
    + _counted(
        "memories_confirmation",
        """
    UPDATE memories_confirmation SET note = ''
     WHERE (person_id = ANY (ids) OR user_id = ANY (ids)) AND note <> ''
""",
    )
    + _counted(
        "curation_ruling",
        """
    UPDATE curation_ruling SET reason = '' WHERE reviewer_id = ANY (ids) AND reason <> ''
""",
    )
    + _counted(
        "curation_policy",
        """
    UPDATE curation_policy SET reason = '' WHERE author_id = ANY (ids) AND reason <> ''
""",
    )
    + _counted(
        "recall_recalluse",
        """
    UPDATE recall_recalluse SET query_hash = '', memories = '{}', known_at = NULL
     WHERE (person_id = ANY (ids) OR user_id = ANY (ids))
       AND (query_hash <> '' OR memories <> '{}')
""",
    )
)

INSTALL = (
    _function("governance_blank_history(warrant uuid, ids bigint[])", _HISTORY)
    + _function("governance_blank_evidence(warrant uuid, ids bigint[])", _EVIDENCE)
    + _function("governance_blank_words(warrant uuid, ids bigint[])", _WORDS)
)
REMOVE = "".join(f"DROP FUNCTION {signature};\n" for signature in FUNCTIONS)

# Whether a hold in force keeps the memory `{m}`, itself, by its space or by its people
HELD = """EXISTS (SELECT FROM governance_legalhold h WHERE h.released_at IS NULL
 AND (h.memory_id = {m}.id OR h.space_id = {m}.space_id
      OR h.person_id IN ({m}.owner_id, {m}.author_id)))"""

# A legal hold wins over whoever sets the status, and is named. Fires for nothing but erasing.
HOLDS_WIN = """
CREATE FUNCTION governance_holds_win() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    found uuid;
BEGIN
    SELECT h.public_id INTO found FROM governance_legalhold h
     WHERE h.released_at IS NULL
       AND (h.memory_id = OLD.id OR h.space_id = OLD.space_id
            OR h.person_id IN (OLD.owner_id, OLD.author_id))
     LIMIT 1;
    IF found IS NOT NULL THEN
        RAISE EXCEPTION 'Legal hold % keeps memory %', found, OLD.public_id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER governance_holds_win BEFORE UPDATE OF status ON memories_memory
    FOR EACH ROW WHEN (NEW.status = 'erased' AND OLD.status <> 'erased')
    EXECUTE FUNCTION governance_holds_win();
ALTER TABLE memories_memory ENABLE ALWAYS TRIGGER governance_holds_win;
"""
HOLDS_LOSE = "DROP FUNCTION governance_holds_win() CASCADE;"

# Stored answers that name one of these ids, whoever asked for them
FORGET_ANSWERS = """
DELETE FROM kernel_idempotencyrecord r
 WHERE EXISTS (SELECT FROM regexp_matches(
           r.answer::text || r.headers::text || r.route,
           '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}', 'g') AS found(id)
        WHERE found.id[1]::uuid = ANY (%(ids)s))
"""
