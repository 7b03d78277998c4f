"""Codes in the words of a reviewer. Codes stay the stable names; these may be reworded."""

from apps.curation.core.rejections import KINDS

REASONS: dict[str, str] = {
    "frequency.decisive": "Unusually many people say exactly this",
    "outcome.decisive": "Tasks that used it went well, reliably",
    "outcome.promising": "Tasks that used it went well, but that is not certain yet",
    "self_eval.decisive": "A language model rates it as worth sharing",
    "frequency.burst": "Unusually many people say it, but within days: it may be one message",
    "people.likely_same": "Several people seem to say the same in their own words",
    "published": "It is published there already",
    "gate.too_few_people": "Too few people stand behind it to publish without asking",
    "gate.contradicts_published": "It contradicts something that is published",
    "source.withdrawn": "A reviewer published it before somebody withdrew a note under it",
    "gate.source_withdrawn": "Somebody withdrew a note it was published from",
    "gate.disputed": "Somebody's note says the opposite",
    "gate.outcomes_failing": "Tasks that used it mostly failed",
    "gate.directive": "It tells its readers what to do",
    "gate.review_first": "This space asks a reviewer every time",
    "gate.kill_switch": "Publishing is switched off for this space",
    "hysteresis.kept": "It is too near a threshold to change what was decided before",
    "seed.frequency": "Seed rule: unusually many people say it",
    "seed.outcome": "Seed rule: the share of tasks that went well is high",
    "seed.self_eval": "Seed rule: a language model rates it as worth sharing",
    "held.below_thresholds": "Seed rule: no signal is above its threshold",
    "held.one_person": "Only one person says it",
    "held.not_alike_enough": "The notes are not alike enough",
    "held.no_outcomes": "No task has used it yet",
    "held.too_few_outcomes": "Too few tasks have used it",
    "held.outcomes_average": "Tasks that used it went no better than others",
    "decay.faded": "Nothing confirmed it for long",
    "decay.contradicted": "More people contradict it than confirm it",
    "decay.failing": "More people's tasks failed with it than went well",
    "decay.confirmed": "Somebody confirmed it after it was archived",
    "decay.undone": "The run that archived it was undone",
    "held.no_space_above": "There is no shared space above everybody behind it",
}

STEPS: dict[str, str] = {
    "gathering": "Reading what people share",
    "screening": "Screening for secrets, personal data and planted instructions",
    "canonical_claim": "Asking the language model for claims in English",
    "searching": "Searching for notes that are alike",
    "grouping": "Grouping what says the same",
    "same_fact": "Asking the language model what is the same fact",
    "self_eval": "Asking the language model what is worth sharing",
    "rereading": "Reading again what changed meanwhile",
    "assessing": "Measuring every group and deciding",
    "writing": "Writing decisions, publications and requests",
}

TROUBLES: dict[str, str] = {
    "time": "The language model was asked until its time for one run was over. The rest is asked"
    " in the next run; until then reviewers judge it.",
    "budget": "The language model was asked until the calls of the day were used up. The rest is"
    " asked in the next run; until then reviewers judge it.",
    "unavailable": "The language model did not answer. The run went on without it; reviewers judge"
    " what it would have judged.",
}

FINDINGS: dict[str, str] = {
    "secret.memoryhub_token": "A token of this hub",
    "secret.private_key": "A private key",
    "secret.jwt": "A signed web token",
    "secret.aws_key": "An AWS key",
    "secret.google_key": "A Google key",
    "secret.azure_key": "An Azure key",
    "secret.github_token": "A GitHub token",
    "secret.gitlab_token": "A GitLab token",
    "secret.slack_token": "A Slack token or webhook",
    "secret.chat_token": "A chat token or webhook",
    "secret.payment_key": "A key of a payment service",
    "secret.model_key": "A key of a model provider",
    "secret.package_token": "A token of a package registry",
    "secret.vendor_token": "A token of another service",
    "secret.connection_string": "A connection with its password",
    "secret.password": "A password",
    "secret.pin": "A PIN or one-time code",
    "secret.api_key": "A key or token under its name",
    "secret.access_code": "A code of a door or a safe",
    "secret.login_pair": "A login with its password",
    "secret.high_entropy": "A random string called a key",
    "personal.email": "A person's e-mail address",
    "personal.phone": "A person's telephone number",
    "personal.address": "A home address",
    "personal.birth_date": "A date of birth",
    "personal.national_id": "An identity document or number",
    "personal.card": "A payment card",
    "personal.iban": "A bank account",
    "personal.health": "Somebody's health",
    "personal.pay": "Somebody's pay",
    "personal.private_life": "Somebody's private life",
    "personal.confided": "Something told in confidence",
    "instruction.override": "It wants earlier rules ignored",
    "instruction.role_marker": "It imitates the frame of a conversation",
    "instruction.hidden": "It holds hidden text",
    "instruction.exfiltration": "It wants data sent somewhere",
    "instruction.remote_code": "It runs code from the network",
    "instruction.addressed": "It addresses machines that read it",
    "instruction.self_copy": "It wants to be copied on",
    "instruction.suppression": "It wants things left out",
    "instruction.persona": "It gives its reader another role",
    "instruction.steering": "It steers what assistants answer",
    "instruction.prompt_leak": "It asks for hidden instructions",
    "instruction.fake_approval": "It claims an approval, or that none is needed",
    "instruction.fake_success": "It wants failures recorded as success",
    "instruction.payment_redirect": "It redirects payments",
    "instruction.encoded": "It holds encoded text",
}

ALIKE: dict[str, str] = {
    "identical": "the same words",
    "reviewer": "a reviewer joined them",
    "judged": "the same fact, says the language model",
    "contains": "one says more than the other",
    "judge_unsure": "the language model is not sure",
    "relay": "one passes on the other",
    "wording": "the same but for wording",
    "words": "many words in common",
    "meaning": "close in meaning",
    "shared_number": "the same number",
    "shared_code": "the same code",
    "shared_name": "the same name",
    "one_person": "all by one person",
    "one_message": "all from one message",
}

REJECTIONS = KINDS

STATUSES: dict[str, str] = {
    "pending": "Awaiting review",
    "approved": "Published",
    "rejected": "Rejected",
    "merged": "Merged",
    "withdrawn": "Withdrawn",
}

EVENTS: dict[str, str] = {
    "candidate.propose": "proposed it for review",
    "candidate.edit": "edited the text",
    "candidate.approve": "approved and published it",
    "candidate.reject": "rejected it",
    "candidate.merge": "merged it into a published memory",
    "candidate.split": "split notes off it: another fact",
    "candidate.join": "joined it with another request",
    "candidate.withdraw": "withdrew it",
    "candidate.endorse": "approved it; more approvals are needed",
    "candidate.defer": "put it off",
    "candidate.ask": "asked a colleague",
    "candidate.undo": "took the last decision back",
}

ATTENTION: dict[str, str] = {
    "attention.age": "It has waited",
    "attention.withdrawn": "Something taken back may still be in use",
    "attention.risk": "It could do harm",
    "attention.disagreement": "Somebody disagrees",
    "attention.reach": "Many would read it",
    "attention.evidence": "Its evidence is good",
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

LINKS: dict[str, str] = {
    "certain": "same text",
    "judged": "the same fact, says the language model",
    "contains": "one says more than the other",
    "likely": "likely the same",
    "reviewer": "joined by a reviewer",
}

RELATIONS: dict[str, str] = {
    "contradicts": "it contradicts this",
    "same": "this says the same",
    "alike": "may be known already",
    "rule": "for certain",
    "judge": "says the language model",
    "likeness": "by likeness",
    "succession": "this once replaced what these notes say",
}

VERDICTS: dict[str, str] = {
    "promote": "Published",
    "review": "Sent to a reviewer",
    "hold": "Held",
    "corroborate": "Supports what is published",
}

RATES: dict[str, str] = {
    "false_promotion": "Published without asking, retracted later",
    "false_hold": "Held, and later shared by a person's hand",
    "false_split": "Joined by a reviewer, or merged into what was published",
    "false_merge": "Split by a reviewer",
}

POLICY: dict[str, tuple[str, str]] = {
    "rule": (
        "Rule",
        "Guarded weighs evidence; seed publishes on any one raw signal, for comparison only.",
    ),
    "frequency_threshold": (
        "Agreement is decisive above",
        "How unusual the number of people is, 0 to 1.",
    ),
    "outcome_threshold": (
        "Outcomes are decisive above",
        "Lower bound of the share of tasks that went well, 0 to 1.",
    ),
    "self_eval_threshold": (
        "A model's rating reaches a reviewer above",
        "Rank among what it rated lately, 0 to 1; a rating alone never publishes.",
    ),
    "hysteresis": (
        "Margin before a verdict changes",
        "How far past its threshold a signal must move, 0 to 1; against flapping.",
    ),
    "min_independent_people": (
        "People needed to publish without review",
        "Independent ones: relays of one message count once.",
    ),
    "burst_days": (
        "Days that tell many voices from one message",
        "What several people say within fewer days is reviewed, however many they are.",
    ),
    "min_outcomes": ("Outcomes needed", "With fewer, outcomes are no evidence."),
    "promising_threshold": (
        "Outcomes are worth a review above",
        "Lower bound of the share of tasks that went well, 0 to 1.",
    ),
    "min_reporters": ("Different reporters needed", "With fewer, outcomes are no evidence."),
    "failing_share": (
        "Outcomes are failing below",
        "Share of tasks that went well, 0 to 1; such facts are not published unasked.",
    ),
    "min_failing_outcomes": (
        "Outcomes needed to call it failing",
        "With fewer, failures do not stop it.",
    ),
    "window_days": ("Days looked back", "Memories older than this are not gathered."),
    "lexical_weight": ("Weight of shared words", "Against meaning, 0 to 1."),
    "link_threshold": ("Two notes are linked above", "Likeness, 0 to 1."),
    "min_confidence": ("A group is worth a review above", "Mean likeness of its notes, 0 to 1."),
    "harmful_people": (
        "People who call it harmful before a reviewer is asked",
        "Its owner does not count.",
    ),
    "judge": ("Language model as judge", "It says what is the same fact, where one is set up."),
    "claims": (
        "English claims of foreign notes",
        "By the language model, for notes in languages the embedding model does not speak.",
    ),
    "self_eval_calls": (
        "Ratings of a text by the model",
        "The middle one counts; 0 asks for none.",
    ),
    "self_eval_floor": (
        "A model's rating counts from",
        "Share of the model's own scale, 0 to 1; however high it ranks.",
    ),
    "known_cosine": (
        "Near what is shared from",
        "Cosine, 0 to 1: what no rule keeps apart and no judge denies is known already.",
    ),
    "known_days": (
        "And published or confirmed within days",
        "Older ones are compared by the judge or a reviewer.",
    ),
    "model_calls_per_day": (
        "Requests to the model per day",
        "Beyond it, questions wait until tomorrow, UTC.",
    ),
    "model_minutes": ("Minutes of asking per run", "Then the run decides by what it knows."),
    "decay": ("Archive what faded", "At night; a run can be undone."),
    "decay_floor": ("Archive below strength", "0 to 1; 0 archives nothing."),
    "decay_read_slowing": (
        "Reading slows forgetting by at most",
        "Share of the half-life, 0 to 1; it is no evidence and raises no confidence.",
    ),
    "decay_read_days": ("Days that reading counts", ""),
    "half_life_fact": ("Half-life of a fact, days", "Unless somebody confirms it."),
    "half_life_preference": ("Half-life of a preference, days", ""),
    "half_life_procedure": ("Half-life of a procedure, days", ""),
    "half_life_episode": ("Half-life of an episode, days", ""),
    "half_life_skill": ("Half-life of a skill, days", ""),
    "half_life_summary": ("Half-life of a summary, days", ""),
    "half_life_brief": ("Half-life of a brief, days", ""),
    "approvals": (
        "Reviewers who must approve",
        "Different ones, before a request is published; 1 to 5.",
    ),
    "review_first": ("Always ask a reviewer", "Nothing is published without one."),
    "kill_switch": ("Stop publishing", "Nothing is published or proposed."),
}


def policy_words(name: str) -> tuple[str, str]:
    """Label and help of a policy value; one that is new stands for itself."""
    return POLICY.get(name, (name.replace("_", " ").capitalize(), ""))


def finding(code: str) -> str:
    """What a code of the screen means; an unknown code stands for itself."""
    return FINDINGS.get(code, code)


def sentence(code: str) -> str:
    """The sentence of a reason code; an unknown code stands for itself."""
    return REASONS.get(code, code)
