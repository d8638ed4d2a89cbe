"""What `catallaxy view` does: a local page on which to watch a run, read from its log on demand."""
