"""The `catallaxy` command: a module for each verb says what it takes; what it does is imported when it is called."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from cyclopts import CycloptsError

# Matrices here are small: BLAS threads would cost more than they give, many times more on a busy machine.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from . import run, train, evaluate, curves, score, log, verify, replay  # noqa: F401, I001 (as --help lists them)
from . import reference, whatif, sweep, calibrate, check, new, report, view, bench  # noqa: F401
from .common import FAILED, INTERRUPTED, app, fail


def main(tokens: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 2 for what the caller can mend (one message, no traceback), 130 Ctrl-C."""
    try:
        app(tokens, exit_on_error=False, result_action="return_none")
    except CycloptsError:  # it has printed its message
        sys.exit(FAILED)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # the reader of our output has seen enough, as in `catallaxy log ... | head`
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:
        from catallaxy.engine import CatallaxyError

        if not isinstance(error, CatallaxyError):
            raise
        sys.exit(fail(str(error)))
