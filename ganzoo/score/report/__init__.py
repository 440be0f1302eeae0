"""A ranking as one HTML file: readable anywhere, by light and by dark, with nothing to load and no script."""

from __future__ import annotations

from ganzoo.score.report.page import write_report

__all__ = ["write_report"]
