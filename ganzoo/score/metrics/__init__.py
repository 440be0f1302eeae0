"""Scores as pure functions of numbers: features, pixels, points. None knows of runs, files or extractors."""
