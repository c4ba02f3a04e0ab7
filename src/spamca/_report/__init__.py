"""The report: one page with what was found in a tissue. A section is one entry of :data:`spamca._report.sections.SECTIONS`."""

from spamca._report._report import report
from spamca._report.pages import page

__all__ = ["page", "report"]
