"""What learned behaviour is held against: closed forms, HJB equations, dynamic programming, simulations as their check.

Pure numerics on NumPy: nothing here needs the engine.
"""
