"""`catallaxy whatif`: what an intervention does to a market, before and after the others adapt to it."""

from .answer import Answer, Effect, Subject
from .intervention import Intervention, InterventionError
from .study import WhatIf, ask

__all__ = ["Answer", "Effect", "Intervention", "InterventionError", "Subject", "WhatIf", "ask"]
