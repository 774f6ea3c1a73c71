"""What is wrong, or probably not meant, with a decision: looked for at save, at publish and on demand."""

from curation.lint.examination import examine, examine_each, findings, review
from curation.lint.findings import Finding, Level

__all__ = ["Finding", "Level", "examine", "examine_each", "findings", "review"]
