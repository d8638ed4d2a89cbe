"""What a recorded run is good for: proving it again, going on from the middle, letting others act in it."""

from .recording import Difference, Recording, Session, WorldMaker
from .tape import Replayed, drive
from .verify import Verdict, resume, verify

__all__ = [
    "Difference",
    "Recording",
    "Replayed",
    "Session",
    "Verdict",
    "WorldMaker",
    "drive",
    "resume",
    "verify",
]
