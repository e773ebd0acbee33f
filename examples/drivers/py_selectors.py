"""selectors.DefaultSelector of Python: epoll on Linux, kqueue on the BSDs and macOS.

  npx pollux conformance --driver 'python3 examples/drivers/py_selectors.py'
"""

import errno
import selectors

from driver import EDGE, EXCLUSIVE, ONESHOT, PRIORITY, READABLE, READ_CLOSED, WRITABLE, drive


def to_selector(interest):
    if interest & (EDGE | ONESHOT | EXCLUSIVE | PRIORITY | READ_CLOSED):
        raise OSError(errno.ENOTSUP, "selectors has readable and writable, and level mode")
    return (selectors.EVENT_READ if interest & READABLE else 0) | (selectors.EVENT_WRITE if interest & WRITABLE else 0)


class Selector:
    name = f"selectors.{selectors.DefaultSelector.__name__} of Python"
    lacks = {
        "edge": "selectors has level mode only",
        "oneshot": "selectors has level mode only",
        "exclusive": "selectors has level mode only",
        "priority": "selectors has no urgent data",
        "readClosed": "selectors reports readable and writable, and neither end, hangup nor error",
        "wake": "selectors has no call that ends a wait",
        "threads": "a selector may not be changed while another thread waits",
        "capacity": "select() returns all that is ready",
        "subMillisecond": "EpollSelector waits for whole milliseconds",
    }

    def __init__(self, _capacity):
        self.selector = selectors.DefaultSelector()

    def fileno(self):
        return self.selector.fileno()

    def add(self, fd, interest, token):
        self.selector.register(fd, to_selector(interest), token)

    def modify(self, fd, interest, token):
        self.selector.modify(fd, to_selector(interest), token)

    def remove(self, fd):
        self.selector.unregister(fd)

    def wait(self, timeout):
        ready = self.selector.select(timeout)
        both = [(selectors.EVENT_READ, READABLE), (selectors.EVENT_WRITE, WRITABLE)]
        return [[key.fd, sum(bit for event, bit in both if events & event), key.data] for key, events in ready], False

    def close(self):
        self.selector.close()


if __name__ == "__main__":
    drive(Selector)
