"""`catallaxy bench`: what the engine costs, beside what else one could use, in one process. Ratios are what counts."""
