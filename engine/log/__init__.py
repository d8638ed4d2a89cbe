"""The event log: what happened, as Arrow tables in a run folder."""

from .manifest import FORMAT, SCHEMA, prepare_folder, read_manifest
from .tables import StreamWriter
from .writer import EventLog

__all__ = ["FORMAT", "SCHEMA", "EventLog", "StreamWriter", "prepare_folder", "read_manifest"]
