"""From groups at an identity provider to roles here, decided anew at every sign-in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

EVERYBODY = "*"
ORGANISATION_ROLES = ("member", "auditor", "admin")  # weakest first
SPACE_ROLES = ("viewer", "member", "reviewer", "curator")


@dataclass(frozen=True, slots=True)
class Rule:
    """Members of `group` get a role in the organisation, and maybe one in a space.

    Attributes:
        group: as the provider spells it, in any case; `*` for everybody it signs in.
        organisation_role: one of `ORGANISATION_ROLES`.
        space: row id of the space, None for no space.
        space_role: one of `SPACE_ROLES`, "" without a space.
        replaces: also where somebody gave the person another role by hand.
    """

    group: str
    organisation_role: str = "member"
    space: int | None = None
    space_role: str = ""
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the rules give; nothing at all when `organisation_role` is empty."""

    organisation_role: str = ""
    spaces: Mapping[int, str] = field(default_factory=dict)
    replacing: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Standing:
    """Roles that a person has: in all spaces, and of these the ones given by directories.

    Attributes:
        roles: role by space.
        given: role by space and source, for what directories gave.
        base: roles that everybody of the organisation has, by space; not taken for a choice.
    """

    roles: Mapping[int, str]
    given: Mapping[tuple[str, int], str]
    base: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to change.

    Attributes:
        grants: role to give by space.
        withdrawals: spaces to take the role from.
        given: what the source has given after this, role by space.
    """

    grants: Mapping[int, str]
    withdrawals: frozenset[int]
    given: Mapping[int, str]


def wanted(rules: Iterable[Rule], groups: Iterable[str]) -> Wanted:
    """The strongest role of all rules that fit, per space and for the organisation.

    Group names are compared without regard to case: providers do not agree on it.
    """
    known = {group.casefold() for group in groups} | {EVERYBODY}
    role, spaces, replacing = "", dict[int, str](), set[int]()
    for rule in rules:
        if rule.group.casefold() not in known:
            continue
        role = stronger(role, rule.organisation_role, ORGANISATION_ROLES)
        if rule.space is not None:
            spaces[rule.space] = stronger(spaces.get(rule.space), rule.space_role, SPACE_ROLES)
            if rule.replaces:
                replacing.add(rule.space)
    return Wanted(role, spaces, frozenset(replacing))


def plan(source: str, want: Wanted, standing: Standing) -> Plan:
    """What brings the spaces of a person in line with what `source` gives now.

    What another source gives stays; the stronger one counts. A role given by hand is left alone,
    and not marked, unless a rule replaces it. What a directory once gave is the directory's, also
    when somebody changed it by hand since.
    """
    marked = {space for _, space in standing.given}
    others = _strongest(standing.given, without=source)
    given = {
        space: role
        for space, role in want.spaces.items()
        if space in marked or space in want.replacing or _free(space, standing)
    }
    grants, withdrawals = dict[int, str](), set[int]()
    for space in marked | given.keys():
        role = stronger(others.get(space), given.get(space), SPACE_ROLES)
        role = role or standing.base.get(space, "")
        now = standing.roles.get(space, "")
        if role and role != now:
            grants[space] = role
        elif not role and now:
            withdrawals.add(space)
    return Plan(grants, frozenset(withdrawals), given)


def stronger(one: str | None, other: str | None, order: tuple[str, ...]) -> str:
    """The stronger of two roles; an empty one is weaker than any."""
    ranked = {role: rank for rank, role in enumerate(order, 1)}
    return max(one or "", other or "", key=lambda role: ranked.get(role, 0))


def _free(space: int, standing: Standing) -> bool:
    """Whether nobody chose a role for the person there."""
    return standing.roles.get(space, "") in {"", standing.base.get(space, "")}


def _strongest(given: Mapping[tuple[str, int], str], *, without: str) -> dict[int, str]:
    found: dict[int, str] = {}
    for (source, space), role in given.items():
        if source != without:
            found[space] = stronger(found.get(space), role, SPACE_ROLES)
    return found
