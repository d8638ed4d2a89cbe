"""Before anything imports NumPy: one BLAS thread, as the command sets it. Matrices here are small."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
