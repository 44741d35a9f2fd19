"""A library of clips that finds the one for the mood: a folder or an address, searched by words and by feelings."""

from gifect.library.library import Library
from gifect.library.results import Added, Entry, Filters, LibraryStats, Match

__all__ = ["Added", "Entry", "Filters", "Library", "LibraryStats", "Match"]
