"""`python -m agreements`: every published agreement against its worked cases. One line at the end sums up."""

import sys

from agreements.benchmark import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
