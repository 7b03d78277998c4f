"""What is on the desk."""

from apps.curation.models import Candidate, CurationRun, Policy
from apps.desk.candidates import CandidateAdmin
from apps.desk.policies import PolicyAdmin
from apps.desk.runs import RunAdmin
from apps.desk.site import desk

desk.register(Candidate, CandidateAdmin)
desk.register(CurationRun, RunAdmin)
desk.register(Policy, PolicyAdmin)
