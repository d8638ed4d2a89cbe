"""Loading studies, which are programs, as modules."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

EXAMPLES = Path(__file__).parents[2] / "examples"


def study_module(name: str) -> ModuleType:
    """The study.py of a folder of examples, such as `competition` or `calibration/fx`; it finds its neighbours."""
    if (folder := str(EXAMPLES / name)) not in sys.path:
        sys.path.append(folder)
    spec = spec_from_file_location(f"{name.replace('/', '_')}_study", EXAMPLES / name / "study.py")
    assert spec is not None
    assert spec.loader is not None
    made = module_from_spec(spec)
    sys.modules[spec.name] = made
    spec.loader.exec_module(made)
    return made
