"""What is wrong, or probably not meant, with a decision: looked for at save, at publish and on demand."""

from curation.lint.examination import examine, examine_each, findings, review
from curation.lint.findings import Finding, Level
from curation.lint.slots import free_slot

__all__ = ["Finding", "Level", "examine", "examine_each", "findings", "free_slot", "review"]
