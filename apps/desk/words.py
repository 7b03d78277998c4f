"""Codes in the words of a reviewer. Codes stay the stable names; these may be reworded.

Translations are made when they are shown, so values are as good as strings, and no strings.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as say_in
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

REASONS: dict[str, Any] = {
    "frequency.decisive": _("Unusually many people say exactly this"),
    "outcome.decisive": _("Tasks that used it went well, reliably"),
    "outcome.promising": _("Tasks that used it went well, but that is not certain yet"),
    "self_eval.decisive": _("A language model rates it as worth sharing"),
    "frequency.burst": _("Unusually many people say it, but within days: it may be one message"),
    "people.likely_same": _("Several people seem to say the same in their own words"),
    "published": _("It is published there already"),
    "gate.too_few_people": _("Too few people stand behind it to publish without asking"),
    "gate.contradicts_published": _("It contradicts something that is published"),
    "source.withdrawn": _("A reviewer published it before somebody withdrew a note under it"),
    "gate.source_withdrawn": _("Somebody withdrew a note it was published from"),
    "gate.disputed": _("Somebody's note seems to say the opposite"),
    "gate.outcomes_failing": _("Tasks that used it mostly failed"),
    "gate.directive": _("It tells its readers what to do"),
    "gate.review_first": _("This space asks a reviewer every time"),
    "gate.kill_switch": _("Publishing is switched off for this space"),
    "hysteresis.kept": _("It is too near a threshold to change what was decided before"),
    "seed.frequency": _("Seed rule: unusually many people say it"),
    "seed.outcome": _("Seed rule: the share of tasks that went well is high"),
    "seed.self_eval": _("Seed rule: a language model rates it as worth sharing"),
    "held.below_thresholds": _("Seed rule: no signal is above its threshold"),
    "held.one_person": _("Only one person says it"),
    "held.not_alike_enough": _("The notes are not alike enough"),
    "held.no_outcomes": _("No task has used it yet"),
    "held.too_few_outcomes": _("Too few tasks have used it"),
    "held.outcomes_average": _("Tasks that used it went no better than others"),
    "decay.faded": _("Nothing confirmed it for long"),
    "decay.contradicted": _("More people contradict it than confirm it"),
    "decay.failing": _("More people's tasks failed with it than went well"),
    "decay.confirmed": _("Somebody confirmed it after it was archived"),
    "decay.undone": _("The run that archived it was undone"),
    "held.no_space_above": _("There is no shared space above everybody behind it"),
}

STEPS: dict[str, Any] = {
    "gathering": _("Reading what people share"),
    "screening": _("Screening for secrets, personal data and planted instructions"),
    "canonical_claim": _("Asking the language model for claims in English"),
    "searching": _("Searching for notes that are alike"),
    "grouping": _("Grouping what says the same"),
    "same_fact": _("Asking the language model what is the same fact"),
    "self_eval": _("Asking the language model what is worth sharing"),
    "rereading": _("Reading again what changed meanwhile"),
    "assessing": _("Measuring every group and deciding"),
    "writing": _("Writing decisions, publications and requests"),
}

TROUBLES: dict[str, Any] = {
    "time": _(
        "The language model was asked until its time for one run was over. The rest is asked"
        " in the next run; until then reviewers judge it."
    ),
    "budget": _(
        "The language model was asked until the calls of the day were used up. The rest is"
        " asked in the next run; until then reviewers judge it."
    ),
    "unavailable": _(
        "The language model did not answer. The run went on without it; reviewers judge"
        " what it would have judged."
    ),
}

FINDINGS: dict[str, Any] = {
    "secret.memoryhub_token": _("A token of this hub"),
    "secret.private_key": _("A private key"),
    "secret.jwt": _("A signed web token"),
    "secret.aws_key": _("An AWS key"),
    "secret.google_key": _("A Google key"),
    "secret.azure_key": _("An Azure key"),
    "secret.github_token": _("A GitHub token"),
    "secret.gitlab_token": _("A GitLab token"),
    "secret.slack_token": _("A Slack token or webhook"),
    "secret.chat_token": _("A chat token or webhook"),
    "secret.payment_key": _("A key of a payment service"),
    "secret.model_key": _("A key of a model provider"),
    "secret.package_token": _("A token of a package registry"),
    "secret.vendor_token": _("A token of another service"),
    "secret.connection_string": _("A connection with its password"),
    "secret.password": _("A password"),
    "secret.pin": _("A PIN or one-time code"),
    "secret.api_key": _("A key or token under its name"),
    "secret.access_code": _("A code of a door or a safe"),
    "secret.login_pair": _("A login with its password"),
    "secret.high_entropy": _("A random string called a key"),
    "personal.email": _("A person's e-mail address"),
    "personal.phone": _("A person's telephone number"),
    "personal.address": _("A home address"),
    "personal.birth_date": _("A date of birth"),
    "personal.national_id": _("An identity document or number"),
    "personal.card": _("A payment card"),
    "personal.iban": _("A bank account"),
    "personal.health": _("Somebody's health"),
    "personal.pay": _("Somebody's pay"),
    "personal.private_life": _("Somebody's private life"),
    "personal.confided": _("Something told in confidence"),
    "instruction.override": _("It wants earlier rules ignored"),
    "instruction.role_marker": _("It imitates the frame of a conversation"),
    "instruction.hidden": _("It holds hidden text"),
    "instruction.exfiltration": _("It wants data sent somewhere"),
    "instruction.remote_code": _("It runs code from the network"),
    "instruction.addressed": _("It addresses machines that read it"),
    "instruction.self_copy": _("It wants to be copied on"),
    "instruction.suppression": _("It wants things left out"),
    "instruction.persona": _("It gives its reader another role"),
    "instruction.steering": _("It steers what assistants answer"),
    "instruction.prompt_leak": _("It asks for hidden instructions"),
    "instruction.fake_approval": _("It claims an approval, or that none is needed"),
    "instruction.fake_success": _("It wants failures recorded as success"),
    "instruction.payment_redirect": _("It redirects payments"),
    "instruction.encoded": _("It holds encoded text"),
}

ALIKE: dict[str, Any] = {
    "identical": _("the same words"),
    "reviewer": _("a reviewer joined them"),
    "judged": _("the same fact, says the language model"),
    "contains": _("one says more than the other"),
    "judge_unsure": _("the language model is not sure"),
    "relay": _("one passes on the other"),
    "wording": _("the same but for wording"),
    "words": _("many words in common"),
    "meaning": _("close in meaning"),
    "shared_number": _("the same number"),
    "shared_code": _("the same code"),
    "shared_name": _("the same name"),
    "one_person": _("all by one person"),
    "one_message": _("all from one message"),
}

REJECTIONS: dict[str, Any] = {  # of core/rejections.py
    "duplicate": _("Duplicate: it is known already"),
    "wrong": _("Wrong or out of date"),
    "private": _("Private: not for a wider audience"),
    "too specific": _("Too specific to help others"),
    "unsafe": _("Unsafe: a secret or a planted instruction"),
    "other": _("Something else"),
}

STATUSES: dict[str, Any] = {
    "pending": _("Awaiting review"),
    "approved": _("Published"),
    "rejected": _("Rejected"),
    "merged": _("Merged"),
    "withdrawn": _("Withdrawn"),
}

MARKS: dict[str, Any] = {  # states of what the screen found
    "kept": _("Kept back"),
    "disputed": _("Disputed by its owner"),
    "released": _("Released: a false alarm"),
    "confirmed": _("Confirmed"),
    "cleared": _("Cleared by newer rules"),
}

EVENTS: dict[str, Any] = {
    "candidate.propose": _("proposed it for review"),
    "candidate.edit": _("edited the text"),
    "candidate.approve": _("approved and published it"),
    "candidate.reject": _("rejected it"),
    "candidate.merge": _("merged it into a published memory"),
    "candidate.split": _("split notes off it: another fact"),
    "candidate.join": _("joined it with another request"),
    "candidate.withdraw": _("withdrew it"),
    "candidate.endorse": _("approved it; more approvals are needed"),
    "candidate.defer": _("put it off"),
    "candidate.ask": _("asked a colleague"),
    "candidate.undo": _("took the last decision back"),
}

ATTENTION: dict[str, Any] = {
    "attention.age": _("It has waited"),
    "attention.withdrawn": _("Something taken back may still be in use"),
    "attention.risk": _("It could do harm"),
    "attention.disagreement": _("Somebody disagrees"),
    "attention.reach": _("Many would read it"),
    "attention.evidence": _("Its evidence is good"),
}

LANGUAGES: dict[str, str] = {
    "en": "English",
    "ja": "日本語",
    "zh": "中文",
    "ko": "한국어",
    "es": "Español",
    "fr": "Français",
    "de": "Deutsch",
    "pt": "Português",
    "it": "Italiano",
    "nl": "Nederlands",
    "ru": "Русский",
    "uk": "Українська",
    "ar": "العربية",
    "fa": "فارسی",
    "hi": "हिन्दी",
}

OUTCOMES: dict[str, Any] = {  # of each of several requests
    "done": _("done"),
    "approved once": _("approved once"),
    "already decided": _("already decided"),
    "changed": _("changed"),
    "held": _("held"),
    "refused": _("refused"),
}

MEMORY: dict[str, Any] = {  # status, kind, source and sensitivity of a memory: no two share a code
    "active": _("Active"),
    "quarantined": _("Quarantined"),
    "superseded": _("Superseded"),
    "archived": _("Archived"),
    "retracted": _("Retracted"),
    "erased": _("Erased"),
    "fact": _("Fact"),
    "preference": _("Preference"),
    "procedure": _("Procedure"),
    "episode": _("Episode"),
    "decision": _("Decision"),
    "directive": _("Directive"),
    "skill": _("Skill"),
    "summary": _("Summary"),
    "brief": _("Brief"),
    "normal": _("Normal"),
    "restricted": _("Restricted"),
    "secret": _("Secret"),
    "api": "API",
    "mcp": "MCP",
    "import": _("Import"),
    "promotion": _("Promotion"),
    "consolidation": _("Consolidation"),
    "mesh": _("Mesh"),
}

PROPOSALS: dict[str, Any] = {  # what became of a proposal for canon
    "open": _("Open"),
    "merged": _("Merged"),
    "withdrawn": _("Withdrawn"),
    "rejected": _("Rejected"),
}

PUSHES: dict[str, Any] = {  # how the remote of a space stands
    "": _("Never pushed"),
    "pushed": _("Pushed"),
    "lacking": _("Waiting to be pushed"),
    "waiting": _("Tried again later"),
    "refused": _("Refused by the remote"),
    "diverged": _("Others changed the remote"),
}

TIDYING: dict[str, Any] = {  # what became of a proposal of the archivist
    "pending": _("Awaiting a decision"),
    "approved": _("Carried out"),
    "rejected": _("Turned down"),
    "stale": _("Overtaken"),
}

CLAIMS: dict[str, Any] = {  # how a claim of the graph stands
    "active": _("Stands"),
    "conflicting": _("Contradicts another"),
    "rejected": _("Does not stand"),
}

CALLS: dict[str, Any] = {  # which kind of model was asked
    "language": _("Language model"),
    "embedding": _("Embedding model"),
    "rerank": _("Rerank model"),
}

LABELS = (  # of choices in models, which programs get in English
    _("Queued"), _("Running"), _("Done"), _("Failed"), _("Cancelled"), _("Being undone"),
    _("Undone"), _("Personal"), _("Team"), _("Organisation"), _("Viewer"), _("Member"),
    _("Reviewer"), _("Curator"), _("Auditor"), _("Admin"), _("Useful"), _("Wrong"),
    _("Out of date"), _("Harmful"), _("Kept"), _("Person"), _("Agent"), _("Read"), _("Write"),
    _("Review"), _("Manage"), _("Add a document"), _("Change a document"),
    _("Retire a document"), _("From shared memories"), _("Written in the hub"), _("Uploaded"),
    _("Changed in the git repository"), _("Make one of several"), _("Summarise"), _("Connect"),
    _("Share more widely"), _("Certain rules"), _("Likeness of words and meaning"),
    _("Sentences of the sources"), _("A language model"), _("Merge"), _("Split"), _("Promotion"),
    _("Consolidation"), _("Captures"), _("Vectors of memories"), _("Questions"), _("Other"),
)  # fmt: skip

LINKS: dict[str, Any] = {
    "certain": _("same text"),
    "judged": _("the same fact, says the language model"),
    "contains": _("one says more than the other"),
    "likely": _("likely the same"),
    "reviewer": _("joined by a reviewer"),
}

RELATIONS: dict[str, Any] = {
    "contradicts": _("it contradicts this"),
    "same": _("this says the same"),
    "alike": _("may be known already"),
    "rule": _("for certain"),
    "judge": _("says the language model"),
    "likeness": _("by likeness"),
    "succession": _("this once replaced what these notes say"),
}

VERDICTS: dict[str, Any] = {
    "promote": _("Published"),
    "review": _("Sent to a reviewer"),
    "hold": _("Held"),
    "corroborate": _("Supports what is published"),
}

RATES: dict[str, Any] = {
    "false_promotion": _("Published without asking, retracted later"),
    "false_hold": _("Held, and later shared by a person's hand"),
    "false_split": _("Joined by a reviewer, or merged into what was published"),
    "false_merge": _("Split by a reviewer"),
}


def told(known: Mapping[str, Any], code: str) -> str:
    """A code in the words of one of these tables; an unknown code stands for itself."""
    return str(known.get(code, code))


def sentence(code: str) -> str:
    """The sentence of a reason code."""
    return told(REASONS, code)


def label(words: object) -> str:
    """A label of a choice in the reader's language."""
    return say_in(str(words)) if words else ""


def state_of(run: Any) -> str:
    """The state of a run, and whether it is a dry one."""
    told = label(run.get_state_display())
    return f"{told} ({say_in('dry')})" if run.dry else told


def started(*, dry: bool) -> str:
    """What to tell who started a run."""
    if dry:
        return say_in("A dry run was started: it changes nothing.")
    return say_in("A run was started.")


def interval(valid: Any) -> str:
    """The days of a range of times; either end may be open."""
    days = {"a": valid.lower, "b": valid.upper}
    told = {name: f"{day:%Y-%m-%d}" for name, day in days.items() if day}
    if len(told) == 2:
        return say_in("%(a)s to %(b)s") % told
    if "a" in told:
        return say_in("since %(a)s") % told
    return say_in("until %(b)s") % told if told else say_in("at any time")


def ago(seconds: int) -> str:
    """A span of time in the one unit that matters: "just now", "5 min", "3 h", "12 days"."""
    if seconds < 60:
        return say_in("just now")
    if seconds < 3600:
        return say_in("%(n)d min") % {"n": seconds // 60}
    if seconds < 86400:
        return say_in("%(n)d h") % {"n": seconds // 3600}
    days = seconds // 86400
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
