"""Triggers that nobody but the owner of the tables can step past.

django-pgtrigger's triggers ask a function whether the session wants them ignored, and any role may
set what it reads (`pgtrigger.ignore`). Here that function believes only the owner: erasure's
functions, which run with its rights, and whoever has its login. A migration that adds a trigger
brings the library's own function back; `applying` notices and replaces it again.
"""

IGNORING = "public._pgtrigger_should_ignore(name)"

_BODY = f"""
DECLARE
    named text := nullif(current_setting('pgtrigger.ignore', true), '');
BEGIN
    IF named IS NULL THEN
        RETURN false;
    END IF;
    RETURN trigger_name = ANY (named::text[]) AND EXISTS (
        SELECT FROM pg_catalog.pg_proc p
         WHERE p.oid = '{IGNORING}'::regprocedure AND pg_has_role(p.proowner, 'MEMBER'));
END"""

GUARD = f"""
CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name) RETURNS boolean
LANGUAGE plpgsql AS $function${_BODY}$function$
"""
GUARDED = f"""
SELECT p.prosrc = $body${_BODY}$body$ FROM pg_proc p WHERE p.oid = to_regprocedure('{IGNORING}')
"""  # noqa: S608  no value in it
