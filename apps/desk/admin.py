"""What is on the desk."""

from apps.accounts.models import AgentToken, User
from apps.audit.models import AuditEvent
from apps.canon.models import ChangeProposal, Document
from apps.consolidation.models import Proposal
from apps.curation.models import Candidate, CurationRun, Policy, Screening
from apps.decay.models import DecayRun
from apps.desk.archivist import ArchivistProposalAdmin
from apps.desk.audit_log import AuditAdmin
from apps.desk.candidates import CandidateAdmin
from apps.desk.canon import DocumentAdmin, ProposalAdmin
from apps.desk.decay import DecayRunAdmin
from apps.desk.directories import MappingAdmin, ScimTokenAdmin
from apps.desk.erasures import ErasureAdmin
from apps.desk.graph import EntityAdmin, RelationAdmin
from apps.desk.marks import MarkAdmin
from apps.desk.memories import MemoryAdmin
from apps.desk.people import PersonAdmin
from apps.desk.policies import PolicyAdmin
from apps.desk.reports import ReportAdmin
from apps.desk.runs import RunAdmin
from apps.desk.site import desk
from apps.desk.spaces import SpaceAdmin
from apps.desk.switches import SwitchAdmin
from apps.desk.tokens import TokenAdmin
from apps.desk.usage import UsageAdmin
from apps.governance.models import Erasure
from apps.graph.models import Entity, Relation
from apps.identity.models import GroupMapping, ScimToken
from apps.memories.models import Memory
from apps.recall.models import Report
from apps.spaces.models import Space, Switch
from apps.usage.models import ModelCall

desk.register(Candidate, CandidateAdmin)
desk.register(Screening, MarkAdmin)
desk.register(Report, ReportAdmin)
desk.register(CurationRun, RunAdmin)
desk.register(DecayRun, DecayRunAdmin)
desk.register(Policy, PolicyAdmin)
desk.register(ModelCall, UsageAdmin)
desk.register(AgentToken, TokenAdmin)
desk.register(GroupMapping, MappingAdmin)
desk.register(ScimToken, ScimTokenAdmin)
desk.register(Erasure, ErasureAdmin)
desk.register(Switch, SwitchAdmin)
desk.register(Space, SpaceAdmin)
desk.register(Memory, MemoryAdmin)
desk.register(User, PersonAdmin)
desk.register(AuditEvent, AuditAdmin)
desk.register(Document, DocumentAdmin)
desk.register(Entity, EntityAdmin)
desk.register(Relation, RelationAdmin)
desk.register(ChangeProposal, ProposalAdmin)
desk.register(Proposal, ArchivistProposalAdmin)
