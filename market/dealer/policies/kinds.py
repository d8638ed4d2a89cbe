"""What a scenario can say of how makers act."""

from .classics import AvellanedaStoikov, Glft
from .fixed import FixedSpread
from .learned import Learned
from .optimal import Optimal
from .own import FromFile
from .skew import ClosedFormSkew, LinearSkew

MakerPolicy = Learned | FixedSpread | LinearSkew | ClosedFormSkew | AvellanedaStoikov | Glft | Optimal | FromFile
"""A script, told apart by its `kind`; without one makers learn."""
