"""What the command shows of the dealer market: how makers are judged, the tables, the figure."""
