"""Every table with text: what of a person it holds and how that is erased, or why it holds none.

A test fails when a model with a text, JSON or array column is in no row here, and plants a marked
string in every table that holds something.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """One model.

    Attributes:
        label: as Django names it, app and model.
        holds: what of a person is in it; empty for nothing.
        how: how it is erased, or why there is nothing to erase.
    """

    label: str
    holds: str
    how: str


_ROW_STAYS = "the row stays as a number: it is evidence about others' memories"
_CODES = "numbers, ids and codes of the hub"

TABLES = (
    # --- memories -------------------------------------------------------------------------------
    Table(
        "memories.Memory",
        "text, tags, metadata, session",
        "emptied, status erased; the row stays because history and evidence hang on its number",
    ),
    Table(
        "memories.MemoryRevision",
        "every earlier text, tags, metadata, reasons",
        "emptied through governance_blank_history, a last revision says erased",
    ),
    Table("memories.MemoryIndex", "lexemes, terms, embedding, tags, session", "rows deleted"),
    Table("memories.TermCount", "terms by their letters", "folded: sums of zero leave no row"),
    Table("memories.Provenance", "sources and contributors", "rows deleted"),
    Table(
        "memories.Confirmation",
        "notes",
        f"emptied through governance_blank_words and _evidence; {_ROW_STAYS}",
    ),
    Table("memories.Outcome", "the task in words", f"emptied; {_ROW_STAYS}"),
    Table("memories.OutcomeUse", "hash of the words that were used", "emptied"),
    Table("memories.Corpus", "", "names of embedding models and statuses"),
    Table("memories.EmbeddingModel", "", "settings of the hub"),
    # --- graph ----------------------------------------------------------------------------------
    Table(
        "graph.Entity",
        "names that memories say",
        "triggers take evidence along with an erased memory or history, and with its last evidence"
        " the row; what others say too stays theirs",
    ),
    Table("graph.Relation", "what memories declare", "as graph.Entity; who decided is a number"),
    Table("graph.Reading", "names and relations that a model found in a memory", "as graph.Entity"),
    Table("graph.RelationType", "", "types of relations, of the organisation"),
    Table("graph.Change", "", f"{_CODES}; who merged is a number"),
    # --- recall ---------------------------------------------------------------------------------
    Table(
        "recall.RecallUse",
        "hash of the question, ids of what was shown",
        "emptied through governance_blank_words; the row stays where feedback hangs on it",
    ),
    Table("recall.Feedback", "notes", f"emptied; {_ROW_STAYS}"),
    Table("recall.Report", "reasons", "emptied"),
    # --- usage ----------------------------------------------------------------------------------
    Table("usage.ModelCall", "", "names of models and tasks, figures; no word of a question"),
    # --- curation -------------------------------------------------------------------------------
    Table(
        "curation.Candidate",
        "words proposed, reasons of a reviewer",
        "emptied unless a remaining note says the same; withdrawn without members",
    ),
    Table("curation.Opinion", "claims made of a text, hash of the text", "rows deleted"),
    Table("curation.Screening", "what was found, pleas, reasons", "rows deleted; reasons emptied"),
    Table("curation.ClusterMember", "whose note is alike", "rows deleted"),
    Table("curation.CandidateMember", "whose note was shown", "rows deleted"),
    Table(
        "curation.Ruling",
        "reasons of a reviewer",
        "emptied through governance_blank_words; what it moved is named by row ids",
    ),
    Table("curation.RulingNote", "hash of the words", "emptied through governance_blank_evidence"),
    Table("curation.Policy", "reasons of an author", "emptied through governance_blank_words"),
    Table("curation.Decision", "", f"{_CODES}; inputs name memories by row ids"),
    Table("curation.CurationRun", "", f"{_CODES}; reports of dry runs hold no text"),
    # --- captures -------------------------------------------------------------------------------
    Table("captures.Capture", "title, session, digest of the transcript", "rows deleted"),
    Table("captures.CapturePart", "the transcript itself", "rows deleted with their capture"),
    Table(
        "captures.CaptureChunk",
        "what a model found, until it is written",
        "rows deleted with their capture",
    ),
    # --- decay ----------------------------------------------------------------------------------
    Table("decay.DecayRun", "", f"{_CODES}; counts"),
    # --- canon ----------------------------------------------------------------------------------
    Table(
        "canon.ChangeProposal",
        "words proposed, reasons",
        "emptied; withdrawn where open, also one that others made of the person's memories",
    ),
    Table("canon.Comment", "what was said", "emptied; the row stays as a turn of a discussion"),
    Table(
        "canon.Revision",
        "",
        "the organisation's own words, approved by others than their author; people are ids in"
        " them and in git, which lead to no name any more",
    ),
    Table("canon.Section", "", "parts of revisions"),
    Table("canon.Document", "", "names of the organisation's files"),
    Table("canon.Approval", "", "hashes of the organisation's words"),
    Table("canon.ReviewRules", "", "settings of the organisation and why"),
    Table("canon.Mirror", "", "ids of commits, addresses of pull requests, the hub's own words"),
    Table("canon.SectionIndex", "", "parts of revisions"),
    # --- consolidation --------------------------------------------------------------------------
    Table(
        "consolidation.Proposal",
        "words proposed, reasons of a reviewer",
        "emptied with any of its sources; reasons emptied",
    ),
    Table("consolidation.ProposalSource", "hash of the words", "rows deleted"),
    Table("consolidation.Change", "reasons of who undid it", "emptied"),
    Table("consolidation.ChangeSource", "hash of the words", "emptied"),
    Table("consolidation.Draft", "what a model wrote of the words", "rows of the space deleted"),
    Table("consolidation.ArchivistPolicy", "reasons of an author", "emptied"),
    Table("consolidation.Brief", "words of its sources", "rows deleted with any of them"),
    Table("consolidation.ConsolidationRun", "", f"{_CODES}; counts"),
    Table("consolidation.RunStep", "", f"{_CODES}; counts"),
    # --- accounts and spaces --------------------------------------------------------------------
    Table(
        "accounts.User",
        "name, e-mail, password; names of agents",
        "replaced; the row stays under its id, which is the pseudonym the audit log knows",
    ),
    Table("accounts.AgentToken", "name, digest of the secret", "revoked, replaced"),
    Table("spaces.Membership", "where the person belongs, role", "row deleted"),
    Table("spaces.Space", "the name of the personal space", "replaced"),
    Table("spaces.Switch", "", "why an administrator stopped something for everybody; it stays"),
    Table("spaces.Organisation", "", "the organisation's own name"),
    # --- identity -------------------------------------------------------------------------------
    Table("identity.Identity", "how a provider knows the person", "rows deleted"),
    Table("identity.DirectoryPerson", "names that a directory gave", "rows deleted"),
    Table("identity.ManagedGrant", "roles that a directory gave", "rows deleted"),
    Table("identity.BreakGlass", "reasons of a sign-in by password", "rows deleted"),
    Table("identity.DirectoryGroup", "", "the organisation's groups; members are taken out"),
    Table("identity.GroupMapping", "", "the organisation's rules about groups"),
    Table("identity.ScimToken", "", "the organisation's credential"),
    # --- governance -----------------------------------------------------------------------------
    Table("governance.Erasure", "", "the proof; who asks names nobody in the reason"),
    Table("governance.RetentionRule", "", "settings of the organisation and why"),
    Table("governance.RetentionRun", "", "counts and ids"),
    Table("governance.LegalHold", "", "why something was kept; it stays"),
    # --- the rest of the hub --------------------------------------------------------------------
    Table(
        "kernel.IdempotencyRecord",
        "stored answers",
        "rows deleted: the person's, and anybody's that name what was erased",
    ),
    Table(
        "audit.AuditEvent",
        "",
        "no content: ids, which lead to no name any more; reasons of decisions stay, the"
        " certificate counts them",
    ),
    Table("vault.DataKey", "", "wrapped keys of organisations"),
    Table("audit.Seal", "", "digests and the id of a key"),
    Table("audit.Leaf", "", "digests"),
    # --- Django's and other packages' -----------------------------------------------------------
    Table("sessions.Session", "who is signed in", "rows deleted"),
    Table("mfa.Authenticator", "secrets of one-time codes", "rows deleted"),
    Table("account.EmailAddress", "", "unused; addresses stand with the person"),
    Table("account.EmailConfirmation", "", "unused"),
    Table("socialaccount.SocialAccount", "", "unused; identity.Identity is ours"),
    Table("socialaccount.SocialApp", "", "unused; providers stand in the settings"),
    Table("socialaccount.SocialToken", "", "unused; no token of a provider is kept"),
    Table("admin.LogEntry", "names, what was changed", "rows deleted"),
    *(
        Table(f"axes.{name}", "", "stays empty: sign-ins are counted in Redis, under digests")
        for name in ("AccessAttempt", "AccessFailureLog", "AccessLog")
    ),
    Table("auth.Group", "", "names made of a space's id and a role"),
    Table("auth.Permission", "", "names of the code"),
    Table("contenttypes.ContentType", "", "names of the code"),
    Table("guardian.GroupObjectPermission", "", "unused; grants stand in the spaces' own tables"),
    Table("guardian.UserObjectPermission", "", "unused; grants stand in the spaces' own tables"),
)
BY_LABEL = {table.label: table for table in TABLES}
