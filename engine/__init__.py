"""Simulated time, messages, networks, random streams and the event log. Knows nothing of aims, learning or markets."""

from simpy.events import NORMAL

from .agent import Agent, Drop, Process, on
from .clock import LAST, Clock, check_delay
from .errors import (
    AgentError,
    CatallaxyError,
    DelayError,
    LinkError,
    LogError,
    NetworkError,
    RecordError,
    WorldError,
)
from .latency import ConstantLatency, ExponentialLatency, Latency, LogNormalLatency, UniformLatency
from .log import EventLog, StreamWriter, prepare_folder, read_manifest
from .network import Network, Topology, check_probability
from .records import Message, Record
from .streams import Stream, check_seed, stream
from .waiting import Alarm, Ask, Question, Receive, Sleep, Wait
from .world import World

__all__ = [
    "LAST",
    "NORMAL",
    "Agent",
    "AgentError",
    "Alarm",
    "Ask",
    "CatallaxyError",
    "Clock",
    "ConstantLatency",
    "DelayError",
    "Drop",
    "EventLog",
    "ExponentialLatency",
    "Latency",
    "LinkError",
    "LogError",
    "LogNormalLatency",
    "Message",
    "Network",
    "NetworkError",
    "Process",
    "Question",
    "Receive",
    "Record",
    "RecordError",
    "Sleep",
    "Stream",
    "StreamWriter",
    "Topology",
    "UniformLatency",
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
