"""What a recorded run is good for: proving it again, going on from the middle, letting others act in it."""

from .recording import Difference, Recording, Session, WorldMaker
from .tape import Replayed, Stage, drive, stage
from .verify import Verdict, resume, verify

__all__ = [
    "Difference",
    "Recording",
    "Replayed",
    "Session",
    "Stage",
    "Verdict",
    "WorldMaker",
    "drive",
    "resume",
    "stage",
    "verify",
]
