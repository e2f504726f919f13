"""Moved to `dtv_workflow.domain.again`."""

from dtv_workflow.domain.again import Commit as Commit
from dtv_workflow.domain.again import Difference as Difference
from dtv_workflow.domain.again import again as again
from dtv_workflow.domain.again import commit_of as commit_of
from dtv_workflow.domain.again import commits as commits
from dtv_workflow.domain.again import differences as differences
