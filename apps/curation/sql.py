"""Nearest neighbours for many memories at once, which the ORM cannot say."""

# For each memory of a batch its nearest others by meaning, inside the gathered spaces. The filter
# stands inside the scan, so that private or foreign rows never crowd out a neighbour.
DENSE_NEIGHBOURS = """
SELECT a.memory_id, n.memory_id, 1 - n.distance
  FROM memories_memoryindex a
 CROSS JOIN LATERAL (
    SELECT b.memory_id, b.embedding::halfvec({dimensions}) <=> a.embedding::halfvec({dimensions})
           AS distance
      FROM memories_memoryindex b
     WHERE b.model = %(model)s AND b.space_id = ANY(%(spaces)s) AND b.status = 'active'
       AND b.kind <> 'preference' AND NOT b.tags @> ARRAY['private']::varchar[]
       AND b.embedding IS NOT NULL AND b.memory_id <> a.memory_id
     ORDER BY distance
     LIMIT %(neighbours)s
 ) n
 WHERE a.model = %(model)s AND a.memory_id = ANY(%(batch)s) AND a.embedding IS NOT NULL
"""

# The same for texts that are not in the index: English claims in place of foreign notes.
CLAIM_NEIGHBOURS = """
SELECT q.memory_id, n.memory_id, 1 - n.distance
  FROM unnest(%(batch)s::bigint[], %(vectors)s::text[]) AS q(memory_id, vector)
 CROSS JOIN LATERAL (
    SELECT b.memory_id, b.embedding::halfvec({dimensions}) <=> q.vector::halfvec({dimensions})
           AS distance
      FROM memories_memoryindex b
     WHERE b.model = %(model)s AND b.space_id = ANY(%(spaces)s) AND b.status = 'active'
       AND b.kind <> 'preference' AND NOT b.tags @> ARRAY['private']::varchar[]
       AND b.embedding IS NOT NULL AND b.memory_id <> q.memory_id
     ORDER BY distance
     LIMIT %(neighbours)s
 ) n
"""

# The same by rare words: a question per memory, made of its rarest terms. The index by space helps
# where the spaces are few; of thousands it would be read whole, once for every memory.
IN_FEW_SPACES = "b.space_id = ANY(%(spaces)s)"
IN_MANY_SPACES = "b.space_id + 0 = ANY(%(spaces)s)"
LEXICAL_NEIGHBOURS = """
SELECT q.memory_id, n.memory_id, n.score
  FROM unnest(%(batch)s::bigint[], %(queries)s::text[], %(vectors)s::text[])
       AS q(memory_id, query, vector)
 CROSS JOIN LATERAL (
    SELECT b.memory_id, -(b.terms <#> q.vector::sparsevec) AS score
      FROM memories_memoryindex b
     WHERE b.lexemes @@ q.query::tsquery
       AND b.model = %(model)s AND {within} AND b.status = 'active'
       AND b.kind <> 'preference' AND NOT b.tags @> ARRAY['private']::varchar[]
       AND b.memory_id <> q.memory_id
     ORDER BY score DESC, b.memory_id
     LIMIT %(neighbours)s
 ) n
"""

# What the index knows of the words of many memories.
INDEXED_TERMS = """
SELECT memory_id, tsvector_to_array(lexemes)
  FROM memories_memoryindex
 WHERE model = %(model)s AND memory_id = ANY(%(batch)s)
"""
