"""Labels of the policy's values, and what to know when changing one."""

from typing import Any

from django.utils.translation import gettext_lazy as _

POLICY: dict[str, tuple[Any, Any]] = {
    "rule": (
        _("Rule"),
        _("Guarded weighs evidence; seed publishes on any one raw signal, for comparison only."),
    ),
    "frequency_threshold": (
        _("Agreement is decisive above"),
        _("How unusual the number of people is, 0 to 1."),
    ),
    "outcome_threshold": (
        _("Outcomes are decisive above"),
        _("Lower bound of the share of tasks that went well, 0 to 1."),
    ),
    "self_eval_threshold": (
        _("A model's rating reaches a reviewer above"),
        _("Rank among what it rated lately, 0 to 1; a rating alone never publishes."),
    ),
    "hysteresis": (
        _("Margin before a verdict changes"),
        _("How far past its threshold a signal must move, 0 to 1; against flapping."),
    ),
    "min_independent_people": (
        _("People needed to publish without review"),
        _("Independent ones: relays of one message count once."),
    ),
    "burst_days": (
        _("Days that tell many voices from one message"),
        _("What several people say within fewer days is reviewed, however many they are."),
    ),
    "min_outcomes": (_("Outcomes needed"), _("With fewer, outcomes are no evidence.")),
    "promising_threshold": (
        _("Outcomes are worth a review above"),
        _("Lower bound of the share of tasks that went well, 0 to 1."),
    ),
    "min_reporters": (_("Different reporters needed"), _("With fewer, outcomes are no evidence.")),
    "failing_share": (
        _("Outcomes are failing below"),
        _("Share of tasks that went well, 0 to 1; such facts are not published unasked."),
    ),
    "min_failing_outcomes": (
        _("Outcomes needed to call it failing"),
        _("With fewer, failures do not stop it."),
    ),
    "window_days": (_("Days looked back"), _("Memories older than this are not gathered.")),
    "lexical_weight": (_("Weight of shared words"), _("Against meaning, 0 to 1.")),
    "link_threshold": (_("Two notes are linked above"), _("Likeness, 0 to 1.")),
    "min_confidence": (
        _("A group is worth a review above"),
        _("Mean likeness of its notes, 0 to 1."),
    ),
    "harmful_people": (
        _("People who call it harmful before a reviewer is asked"),
        _("Its owner does not count."),
    ),
    "judge": (
        _("Language model as judge"),
        _("It says what is the same fact, where one is set up."),
    ),
    "claims": (
        _("English claims of foreign notes"),
        _("By the language model, for notes in languages the embedding model does not speak."),
    ),
    "self_eval_calls": (
        _("Ratings of a text by the model"),
        _("The middle one counts; 0 asks for none."),
    ),
    "self_eval_floor": (
        _("A model's rating counts from"),
        _("Share of the model's own scale, 0 to 1; however high it ranks."),
    ),
    "known_cosine": (
        _("Near what is shared from"),
        _("Cosine, 0 to 1: what no rule keeps apart and no judge denies is known already."),
    ),
    "known_days": (
        _("And published or confirmed within days"),
        _("Older ones are compared by the judge or a reviewer."),
    ),
    "model_calls_per_day": (
        _("Requests to the model per day"),
        _("Beyond it, questions wait until tomorrow, UTC."),
    ),
    "model_minutes": (_("Minutes of asking per run"), _("Then the run decides by what it knows.")),
    "decay": (_("Archive what faded"), _("At night; a run can be undone.")),
    "decay_floor": (_("Archive below strength"), _("0 to 1; 0 archives nothing.")),
    "decay_read_slowing": (
        _("Reading slows forgetting by at most"),
        _("Share of the half-life, 0 to 1; it is no evidence and raises no confidence."),
    ),
    "decay_read_days": (_("Days that reading counts"), ""),
    "half_life_fact": (_("Half-life of a fact, days"), _("Unless somebody confirms it.")),
    "half_life_preference": (_("Half-life of a preference, days"), ""),
    "half_life_procedure": (_("Half-life of a procedure, days"), ""),
    "half_life_episode": (_("Half-life of an episode, days"), ""),
    "half_life_skill": (_("Half-life of a skill, days"), ""),
    "half_life_summary": (_("Half-life of a summary, days"), ""),
    "half_life_brief": (_("Half-life of a brief, days"), ""),
    "approvals": (
        _("Reviewers who must approve"),
        _("Different ones, before a request is published; 1 to 5."),
    ),
    "review_first": (_("Always ask a reviewer"), _("Nothing is published without one.")),
    "kill_switch": (_("Stop publishing"), _("Nothing is published or proposed.")),
}


def policy_words(name: str) -> tuple[Any, Any]:
    """Label and help of a policy value; one that is new stands for itself."""
    return POLICY.get(name, (name.replace("_", " ").capitalize(), ""))
