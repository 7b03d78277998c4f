"""Functions of this room in the database, and what it keeps in step by itself."""

# One round trip: the membership with the own personal space, every grant through groups, and the
# spaces that an admin of the organisation manages (which does not include reading them). A function
# because the database keeps its plan: making it takes five times as long as running it.
ACCESS = """
CREATE OR REPLACE FUNCTION memoryhub_access(asked bigint)
RETURNS TABLE (space bigint, space_named uuid, allowed text, organisation bigint,
               organisation_named uuid, held text)
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan AS $function$
BEGIN RETURN QUERY
SELECT s.id, s.public_id, 'personal', o.id, o.public_id, m.role::text
  FROM spaces_membership m
  JOIN spaces_organisation o ON o.id = m.organisation_id
  LEFT JOIN spaces_space s ON s.person_id = m.person_id AND s.organisation_id = o.id
 WHERE m.person_id = asked
UNION ALL
SELECT s.id, s.public_id, p.codename::text, o.id, o.public_id, m.role::text
  FROM accounts_user_groups ug
  JOIN spaces_spacegrouppermission g ON g.group_id = ug.group_id
  JOIN auth_permission p ON p.id = g.permission_id
  JOIN spaces_space s ON s.id = g.content_object_id AND s.kind <> 'personal'
  JOIN spaces_membership m ON m.person_id = ug.user_id AND m.organisation_id = s.organisation_id
  JOIN spaces_organisation o ON o.id = m.organisation_id
 WHERE ug.user_id = asked
UNION ALL
SELECT s.id, s.public_id, 'manage_space', o.id, o.public_id, m.role::text
  FROM spaces_membership m
  JOIN spaces_organisation o ON o.id = m.organisation_id
  JOIN spaces_space s ON s.organisation_id = o.id AND s.kind <> 'personal'
 WHERE m.person_id = asked AND m.role = 'admin';
END $function$
"""
DROP_ACCESS = "DROP FUNCTION memoryhub_access(bigint)"
OF_PERSON = "SELECT * FROM memoryhub_access(%(person)s)"

# A statement per switch, not per organisation: one row is changed, or all of them
CLOSE_ORGANISATIONS = """
    UPDATE spaces_organisation o SET read_only = EXISTS (
        SELECT FROM spaces_switch s
         WHERE s.kind = 'read_only' AND s.lifted_at IS NULL
           AND (s.organisation_id IS NULL OR s.organisation_id = o.id))
     WHERE NEW.organisation_id IS NULL OR o.id = NEW.organisation_id;
    RETURN NULL;
"""
BORN_READ_ONLY = """
    NEW.read_only = NEW.read_only OR EXISTS (
        SELECT FROM spaces_switch s
         WHERE s.kind = 'read_only' AND s.lifted_at IS NULL AND s.organisation_id IS NULL);
    RETURN NEW;
"""
