"""Simulated time, messages, networks, random streams and the event log. Knows nothing of aims, learning or markets."""

from simpy.events import NORMAL

from .agent import Agent
from .behaviour import Process
from .clock import LAST, Act, Clock, check_delay
from .departure import Departure, Drop
from .errors import (
    AgentError,
    CatallaxyError,
    DelayError,
    LinkError,
    LogError,
    NetworkError,
    RecordError,
    ViewError,
    WorldError,
)
from .handlers import on
from .latency import ConstantLatency, ExponentialLatency, Latency, LogNormalLatency, UniformLatency
from .log import EventLog, MemoryLog, StreamReader, StreamWriter, prepare_folder, read_manifest
from .network import Network
from .outages import Outage, RandomOutages
from .records import Level, Message, Record
from .samplers import check_probability
from .streams import Stream, check_seed, stream
from .topology import Topology
from .view import View
from .waiting import Alarm, Ask, Question, Receive, Sleep, Wait
from .world import World

__all__ = [
    "LAST",
    "NORMAL",
    "Act",
    "Agent",
    "AgentError",
    "Alarm",
    "Ask",
    "CatallaxyError",
    "Clock",
    "ConstantLatency",
    "DelayError",
    "Departure",
    "Drop",
    "EventLog",
    "ExponentialLatency",
    "Latency",
    "Level",
    "LinkError",
    "LogError",
    "LogNormalLatency",
    "MemoryLog",
    "Message",
    "Network",
    "NetworkError",
    "Outage",
    "Process",
    "Question",
    "RandomOutages",
    "Receive",
    "Record",
    "RecordError",
    "Sleep",
    "Stream",
    "StreamReader",
    "StreamWriter",
    "Topology",
    "UniformLatency",
    "View",
    "ViewError",
    "Wait",
    "World",
    "WorldError",
    "check_delay",
    "check_probability",
    "check_seed",
    "on",
    "prepare_folder",
    "read_manifest",
    "stream",
]
