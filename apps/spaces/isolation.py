"""Who sees which spaces, found by the database itself; and the conditions of this room's tables.

`memoryhub_enter` agrees with `access._resolve` and shares no code with it: a test compares both on
random grants. It runs with its owner's rights and answers about the grants of anybody, so it guards
against a forgotten filter, not against somebody who may run any statement as the web role.
"""

from apps.kernel.isolation import tables as t
from apps.kernel.isolation.contexts import SETTINGS
from apps.kernel.isolation.roles import WEB
from apps.kernel.isolation.tables import allow, define

_COLUMNS = ", ".join(f"{name}_ text" for name in SETTINGS)
_KEPT = ", ".join(f"set_config('memoryhub.{name}', {name}_, true)" for name in SETTINGS)

ENTER = f"""
CREATE OR REPLACE FUNCTION memoryhub_enter(
    asker bigint, by_token bigint, reach text, of_organisation bigint)
RETURNS TABLE ({_COLUMNS})
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan AS $function$
DECLARE
    an_agent boolean;
    principal bigint;
    scopes text[];
    token_spaces uuid[];
    home bigint;
    readable bigint[];
    takes bigint[];
    judged bigint[];
    beyond bigint[] := '{{}}';
    audit_of uuid;
    administered bigint;
BEGIN
    SELECT u.kind = 'agent', CASE WHEN u.kind = 'agent' THEN u.owner_id ELSE u.id END
      INTO an_agent, principal
      FROM accounts_user u LEFT JOIN accounts_user o ON o.id = u.owner_id
     WHERE u.id = asker AND u.is_active AND (u.kind <> 'agent' OR o.is_active);
    IF by_token IS NULL THEN
        scopes := '{{read,write,review,manage}}';
    ELSE
        SELECT t.scopes::text[], t.spaces INTO scopes, token_spaces
          FROM accounts_agenttoken t WHERE t.id = by_token AND t.user_id = asker;
    END IF;
    SELECT m.organisation_id INTO home FROM spaces_membership m WHERE m.person_id = principal;
    home := coalesce(of_organisation, home);

    WITH granted AS (
        SELECT s.id, p.codename AS allowed
          FROM accounts_user_groups g
          JOIN spaces_spacegrouppermission r ON r.group_id = g.group_id
          JOIN auth_permission p ON p.id = r.permission_id
          JOIN spaces_space s ON s.id = r.content_object_id
         WHERE g.user_id = principal AND s.organisation_id = home AND s.kind <> 'personal'
           AND (token_spaces IS NULL OR s.public_id = ANY(token_spaces))
        UNION ALL
        SELECT s.id, unnest(ARRAY['read_space', 'write_space'])
          FROM spaces_space s
         WHERE s.person_id = principal AND s.organisation_id = home
           AND (token_spaces IS NULL OR s.public_id = ANY(token_spaces)))
    SELECT array_agg(DISTINCT id) FILTER (WHERE allowed = 'read_space'),
           array_agg(DISTINCT id) FILTER (WHERE allowed = 'write_space'),
           array_agg(DISTINCT id) FILTER (WHERE allowed = 'review_space')
      INTO readable, takes, judged FROM granted;
    readable := CASE WHEN 'read' = ANY(scopes) THEN coalesce(readable, '{{}}') ELSE '{{}}' END;
    takes := CASE WHEN 'write' = ANY(scopes) THEN coalesce(takes, '{{}}') ELSE '{{}}' END;
    judged := CASE WHEN 'review' = ANY(scopes) AND NOT an_agent
                   THEN coalesce(judged, '{{}}') ELSE '{{}}' END;

    IF reach = 'review' AND judged <> '{{}}' THEN
        WITH RECURSIVE below AS (
            SELECT s.id FROM spaces_space s WHERE s.id = ANY(judged)
            UNION
            SELECT s.id FROM spaces_space s JOIN below b ON s.parent_id = b.id
             WHERE s.kind <> 'personal')
        SELECT array_agg(id) INTO beyond FROM (
            SELECT id FROM below
            UNION
            SELECT s.id FROM spaces_space s
              JOIN below b ON s.parent_id = b.id
              JOIN spaces_organisation o ON o.id = s.organisation_id
              JOIN accounts_user u ON u.id = s.person_id
             WHERE s.kind = 'personal' AND u.is_active
               AND coalesce(s.share_for_promotion, o.share_for_promotion)) AS found;
        takes := takes || judged;
    ELSIF reach = 'organisation' THEN
        SELECT array_agg(s.id) INTO beyond FROM spaces_space s WHERE s.organisation_id = home;
        takes := takes || coalesce(beyond, '{{}}');
    END IF;
    IF NOT an_agent THEN
        SELECT o.public_id INTO audit_of
          FROM spaces_membership m JOIN spaces_organisation o ON o.id = m.organisation_id
         WHERE m.person_id = asker AND m.role IN ('auditor', 'admin');
        SELECT m.organisation_id INTO administered FROM spaces_membership m
         WHERE m.person_id = asker AND m.role = 'admin' AND 'manage' = ANY(scopes)
           AND token_spaces IS NULL;
    END IF;

    spaces_ := (SELECT coalesce(array_agg(DISTINCT id), '{{}}')
                  FROM unnest(readable || takes || coalesce(beyond, '{{}}')) AS id)::text;
    IF reach = 'organisation' THEN
        judged := takes;
    END IF;
    writable_ := takes::text;
    review_ := judged::text;
    organisations_ := CASE WHEN reach = 'organisation' AND home IS NOT NULL
                           THEN ARRAY[home]::text ELSE '' END;
    organisation_ := coalesce(home::text, '');
    person_ := coalesce(principal::text, '');
    user_ := CASE WHEN principal IS NULL THEN '' ELSE asker::text END;
    audited_ := coalesce(audit_of::text, '');
    governed_ := coalesce(administered::text, of_organisation::text, '');
    reviewed_ := CASE WHEN reach <> 'own' AND judged <> '{{}}' THEN coalesce(home::text, '')
                      ELSE '' END;
    PERFORM {_KEPT};
    RETURN NEXT;
END $function$
"""  # noqa: S608  only names of settings are put in
SIGNATURE = "memoryhub_enter(bigint, bigint, text, bigint)"

TABLES = (
    # Everybody in an organisation may learn what is stopped there, and why
    t.Table(
        "spaces_switch",
        f"organisation_id IS NULL OR organisation_id = {t.organisation()}",
        left=f"organisation_id = {t.governed()}",
        rights=("SELECT", "INSERT", "UPDATE"),
        worker=("SELECT",),
    ),
)


def declare() -> None:
    """Tell the kernel."""
    t.isolate(TABLES)
    define(ENTER)
    define(f"REVOKE ALL ON FUNCTION {SIGNATURE} FROM PUBLIC")
    allow(WEB, SIGNATURE)
