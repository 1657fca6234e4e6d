"""Why the client could not connect, kept for the sentence with which a command ends."""

import logging


class Reason(logging.Handler):
    """Keeps the last reason that the client gave; without a handler Python prints whatever it logs."""

    text = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the error of a connection: it names hosts and certificates, never what was to be sent."""
        if str(record.msg).startswith("Unable connect") and isinstance(record.args, tuple):
            self.text = str(record.args[-1])


REASON = Reason()
"""The one of this process."""


def listen() -> None:
    """Begin to keep it, instead of printing; a worker's log has its lines all the same."""
    logging.getLogger("aiokafka").addHandler(REASON)
