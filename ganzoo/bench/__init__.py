"""Timing: the real engine on its real data, against the limit of the machine and against a step of one's own."""
