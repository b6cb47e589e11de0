"""Keeping a stack up in the foreground, until a signal or the end of a server.

What comes in: a stack, and where to tell. What goes out: an exit code; everything that was started has ended by then.
A worker that ends is started again, and does not end the servers: what it refused, and why, is to be read in them.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from pipeline.local.revive import Reviver
from pipeline.local.stack import LocalStack
from pipeline.local.state import WAKE

_LOOK_SECONDS: Final = 0.3
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Tell = Callable[[str], None]


def supervise(stack: LocalStack, *, worker: bool, up: Callable[[], None], tell: Tell) -> int:
    """Start a stack, call `up`, and stay; give the exit code: 0 after a signal, 1 if something had ended for good.

    A second signal does not wait: what still runs is killed with this process.
    """
    reviver = Reviver(stack, tell)
    signal.signal(WAKE, lambda *_: reviver.wake())
    _on_signals(_interrupt)
    try:
        with stack, _telling_that_it_stops(tell):
            if worker:
                stack.start_worker()
            up()
            while not (failure := stack.server_failure()):
                reviver.look()
                time.sleep(_LOOK_SECONDS)
            tell(f"{failure}\nStopping the rest.")
            return 1
    except KeyboardInterrupt:
        tell("Stopped.")
        return int(reviver.gave_up)


@contextmanager
def _telling_that_it_stops(tell: Tell) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        tell("Stopping; Ctrl-C again does not wait.")
        raise


def _on_signals(handler: Callable[[int, FrameType | None], None]) -> None:
    for each in _SIGNALS:
        if signal.getsignal(each) is not signal.SIG_IGN:  # nohup asked for that
            signal.signal(each, handler)


def _interrupt(*_: object) -> None:
    _on_signals(_at_once)
    raise KeyboardInterrupt


def _at_once(number: int, _: FrameType | None) -> None:
    os._exit(128 + number)
