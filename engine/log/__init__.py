"""The event log: what happened, as Arrow tables in a run folder."""

from .manifest import FORMAT, SCHEMA, prepare_folder, read_manifest, versions
from .memory import MemoryLog
from .recorder import Recorder
from .stream import StreamReader, StreamWriter
from .writer import EventLog

__all__ = [
    "FORMAT",
    "SCHEMA",
    "EventLog",
    "MemoryLog",
    "Recorder",
    "StreamReader",
    "StreamWriter",
    "prepare_folder",
    "read_manifest",
    "versions",
]
