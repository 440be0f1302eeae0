"""What a run needs, known before it takes any of it."""
