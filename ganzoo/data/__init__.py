"""Pictures: where they come from, how they are packed, in which order they are fed.

What a data set of a plugin is written with stands here.
"""

from ganzoo.data.source import Chunk, Fault, PairSource, Source, Survey, require_split

__all__ = ["Chunk", "Fault", "PairSource", "Source", "Survey", "require_split"]
