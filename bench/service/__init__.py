"""How fast the service is, over HTTP with tokens: `make bench-service [ROWS=10000,100000]`.

For every size a hub of its own is started as `make run` starts it, on a scratch folder and a free
port. One organisation, 16 teams; four askers see 50 %, 5 %, 0.5 % and 0.1 % of the memories.

What the figures are:

* `raw`: what this machine takes for the parts, whoever serves: a round trip to PostgreSQL, a row on
  the disk, a question as a vector, a request without a database; medians. Shared machines differ by
  several times from day to day, so no other figure means much without these;
* latencies are milliseconds from the first byte sent to the last byte read, on a kept connection,
  every question asked once (so no embedding of a question is remembered), as p50, p95, p99;
* `recall`: hybrid, top 10, a question of four to nine words, by asker, with 1 and 8 clients;
* `sql`: the statements of those same recalls (1 client), caught while the application runs them and
  sent again by plain psycopg as the owner, whom row-level security lets through; `ratio` is the
  service's p50 over theirs;
* `web_ms`, `worker_ms`, `postgres_ms`: CPU time per request (or row) of those processes, with all
  they started; on a shared machine it is steadier than any latency;
* `accuracy`: share of the exact ten nearest (numpy, same filter, same vectors) that the service's
  own statements rank among the ten nearest;
* `write`: one memory per request, embedded in the request; `bulk`: rows per second until
  acknowledged, and until the last one is embedded;
* `peers`: in this run, same texts and vectors, each in its own process without HTTP, tokens,
  audit, or an embedding model: their texts' vectors are given to them. mem0's recall is that of
  its vector store as its search asks it, since search mixes in words.

Texts are made by a seeded generator: frames in five languages, common words and a long tail of
names and codes by Zipf's law. Encoding all of them would take longer than the measuring, so some
thousand sentences are encoded by the bundled model, and a memory, two such sentences in one text,
gets the normalised mixture of their vectors plus noise. `vectors.fidelity` says how close that
comes to encoding the text itself (mean cosine of a sample).
"""
