"""The statements behind the kept statistics, which the ORM cannot say: triggers, folding, recount.

A corpus is the memories of one space, one embedding model and one status. A count row says how many
more (or fewer) of them hold a term; all rows of a term add up, and the empty term stands for every
memory. Kinds, tags and sessions are counted like terms, under names that begin with a space
(`analysis.facet`), so that a filter's rows are known before it is asked.
"""

# What an index row `n` counts as, each once.
_TERMS = """(SELECT unnest(tsvector_to_array(n.lexemes))
                        UNION SELECT ' t' || tag FROM unnest(n.tags) AS tag
                        UNION VALUES (''), (' k' || n.kind), (' s' || n.session_id)) AS t(term)"""

_APPEND = """
INSERT INTO memories_corpus (space_id, model, status)
SELECT DISTINCT n.space_id, n.model, n.status FROM {rows} n
 WHERE NOT EXISTS (SELECT FROM memories_corpus c WHERE c.space_id = n.space_id
                      AND c.model = n.model AND c.status = n.status)
    ON CONFLICT DO NOTHING;
INSERT INTO memories_termcount (corpus_id, term, documents, fresh)
SELECT c.id, t.term, {sign} * count(*), true
  FROM {rows} n
  JOIN memories_corpus c ON c.space_id = n.space_id AND c.model = n.model AND c.status = n.status
 CROSS JOIN LATERAL {terms}
 GROUP BY c.id, t.term;
RETURN NULL;
"""


def _append(rows: str, sign: str) -> str:
    return _APPEND.format(rows=rows, sign=sign, terms=_TERMS)


COUNT_INSERTED = _append("new_rows", "1")
COUNT_DELETED = _append("old_rows", "-1")

# One row: what it no longer is, and what it has become. A new text appends only what differs.
COUNT_UPDATED = f"""
INSERT INTO memories_corpus (space_id, model, status)
SELECT NEW.space_id, NEW.model, NEW.status
 WHERE NOT EXISTS (SELECT FROM memories_corpus c WHERE c.space_id = NEW.space_id
                      AND c.model = NEW.model AND c.status = NEW.status)
    ON CONFLICT DO NOTHING;
INSERT INTO memories_termcount (corpus_id, term, documents, fresh)
SELECT c.id, t.term, sum(n.sign), true
  FROM (VALUES (-1, OLD.space_id, OLD.model, OLD.status, OLD.lexemes, OLD.tags, OLD.kind,
                OLD.session_id),
               (1, NEW.space_id, NEW.model, NEW.status, NEW.lexemes, NEW.tags, NEW.kind,
                NEW.session_id))
       AS n (sign, space_id, model, status, lexemes, tags, kind, session_id)
  JOIN memories_corpus c ON c.space_id = n.space_id AND c.model = n.model AND c.status = n.status
 CROSS JOIN LATERAL {_TERMS}
 GROUP BY c.id, t.term HAVING sum(n.sign) <> 0;
RETURN NULL;
"""  # noqa: S608

COUNTED = ("space_id", "model", "status", "lexemes", "tags", "kind", "session_id")
COUNTS_CHANGED = " OR ".join(f"OLD.{column} <> NEW.{column}" for column in COUNTED)

# Rows of a term become one; a sum of zero becomes none. Sums are the same before and after, for
# every reader. Returns how many fresh rows were looked at.
FOLD = """
WITH picked AS MATERIALIZED (
    SELECT corpus_id, term FROM memories_termcount WHERE fresh ORDER BY id LIMIT %(batch)s),
gone AS (
    DELETE FROM memories_termcount t
     USING (SELECT DISTINCT corpus_id, term FROM picked) k
     WHERE t.corpus_id = k.corpus_id AND t.term = k.term
    RETURNING t.corpus_id, t.term, t.documents),
kept AS (
    INSERT INTO memories_termcount (corpus_id, term, documents, fresh)
    SELECT corpus_id, term, sum(documents), false FROM gone
     GROUP BY corpus_id, term HAVING sum(documents) <> 0)
SELECT count(*) FROM picked
"""

# One statement, one snapshot: what a writer has not committed is missing on both sides.
RECOUNT = f"""
WITH counted AS (
    SELECT t.term, count(*) AS documents
      FROM memories_memoryindex n CROSS JOIN LATERAL {_TERMS}
     WHERE n.space_id = %(space_id)s AND n.model = %(model)s AND n.status = %(status)s
     GROUP BY t.term),
kept AS (
    SELECT t.term, sum(t.documents) AS documents
      FROM memories_termcount t WHERE t.corpus_id = %(corpus_id)s GROUP BY t.term),
repaired AS (
    INSERT INTO memories_termcount (corpus_id, term, documents, fresh)
    SELECT %(corpus_id)s, term, COALESCE(c.documents, 0) - COALESCE(k.documents, 0), true
      FROM counted c FULL JOIN kept k USING (term)
     WHERE COALESCE(c.documents, 0) <> COALESCE(k.documents, 0)
    RETURNING 1)
SELECT count(*) FROM repaired
"""  # noqa: S608  only the constants above are put together

# Corpora the triggers have not seen, e.g. rows that were restored with triggers off.
MISSING_CORPORA = """
INSERT INTO memories_corpus (space_id, model, status)
SELECT DISTINCT i.space_id, i.model, i.status FROM memories_memoryindex i
ON CONFLICT DO NOTHING
"""
