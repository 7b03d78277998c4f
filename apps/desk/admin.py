"""What is on the desk."""

from apps.accounts.models import AgentToken
from apps.curation.models import Candidate, CurationRun, Policy, Screening
from apps.decay.models import DecayRun
from apps.desk.candidates import CandidateAdmin
from apps.desk.decay import DecayRunAdmin
from apps.desk.erasures import ErasureAdmin
from apps.desk.marks import MarkAdmin
from apps.desk.policies import PolicyAdmin
from apps.desk.reports import ReportAdmin
from apps.desk.runs import RunAdmin
from apps.desk.site import desk
from apps.desk.tokens import TokenAdmin
from apps.governance.models import Erasure
from apps.recall.models import Report

desk.register(Candidate, CandidateAdmin)
desk.register(Screening, MarkAdmin)
desk.register(Report, ReportAdmin)
desk.register(CurationRun, RunAdmin)
desk.register(DecayRun, DecayRunAdmin)
desk.register(Policy, PolicyAdmin)
desk.register(AgentToken, TokenAdmin)
desk.register(Erasure, ErasureAdmin)
