"""``python -m bench`` is ``make bench`` without the set-up."""

import sys

from config.launch import main

if __name__ == "__main__":
    sys.exit(main(["bench"]))
