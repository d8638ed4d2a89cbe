"""`python -m catallaxy` is the `catallaxy` command."""

from .command import main

if __name__ == "__main__":
    main()
