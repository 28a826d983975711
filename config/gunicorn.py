"""What gunicorn is told besides its command line: ``gunicorn -c config/gunicorn.py config.wsgi``."""

import signal
from typing import Any

from config.supervisor import die_with_parent

workers = 2
timeout = 60
graceful_timeout = 3
# Its socket for remote control would lie in the home of whoever starts it.
no_control_socket = True
loglevel = "warning"


def post_fork(server: Any, worker: Any) -> None:
    """A worker that waits for requests would notice the end of its head only after a while."""
    die_with_parent(signal.SIGKILL, server.pid)
