"""Without RETURNING: whoever asks a model need not be allowed to read the books."""

# The organisation is the asker's where a step names none; outside of requests it may stay open.
BOOK = """
INSERT INTO usage_modelcall (organisation_id, space_id, at, purpose, task, version, kind, model,
    prompt_tokens, completion_tokens, estimated, cost, milliseconds, outcome)
VALUES (coalesce(%(organisation)s,
                 nullif(current_setting('memoryhub.organisation', true), '')::bigint),
    %(space)s, %(at)s, %(purpose)s, %(task)s, %(version)s, %(kind)s, %(model)s, %(prompt_tokens)s,
    %(completion_tokens)s, %(estimated)s, %(cost)s, %(milliseconds)s, %(outcome)s)
"""
