"""What there is: cards, plugins, settings. Nothing in this wing imports torch."""
