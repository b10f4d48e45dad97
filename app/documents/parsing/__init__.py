"""Read files that strangers send, in processes that may die of it."""

from app.documents.formats.faults import UnreadableFile
from app.documents.parsing.limits import Limits
from app.documents.parsing.parser import Parsed, Parser, ReaderFailed, parse

__all__ = ["Limits", "Parsed", "Parser", "ReaderFailed", "UnreadableFile", "parse"]
