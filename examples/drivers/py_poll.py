"""select.poll of Python, for docs/guides/test-your-own-poller.md.

  npx pollux conformance --driver 'python3 examples/drivers/py_poll.py'
"""

import math
import select

from driver import ERROR, HANGUP, PRIORITY, READABLE, WRITABLE, drive

BITS = [(READABLE, select.POLLIN), (WRITABLE, select.POLLOUT), (PRIORITY, select.POLLPRI)]


class Poll:
    name = "select.poll of Python"
    lacks = {
        "edge": "poll(2) has no memory, so it has no edges",
        "oneshot": "poll(2) has no memory, so nothing is disarmed",
        "exclusive": "poll(2) has no exclusive mode",
        "readClosed": "this driver does not ask for POLLRDHUP",
        "nested": "poll(2) has no descriptor of its own",
        "threads": "a poll(2) that waits does not see what another thread adds",
        "wake": "select.poll has no call that ends a wait",
        "capacity": "poll(2) returns all that is ready",
        "subMillisecond": "select.poll waits for whole milliseconds",
    }

    def __init__(self, capacity):
        self.poll = select.poll()
        self.tokens = {}

    def add(self, fd, interest, token):
        self.poll.register(fd, sum(mask for bit, mask in BITS if interest & bit))
        self.tokens[fd] = token

    def modify(self, fd, interest, token):
        self.poll.modify(fd, sum(mask for bit, mask in BITS if interest & bit))

    def remove(self, fd):
        self.poll.unregister(fd)
        del self.tokens[fd]

    def wait(self, timeout):
        ready = self.poll.poll(None if timeout is None else math.ceil(timeout * 1000))
        return [[fd, to_readiness(events), self.tokens[fd]] for fd, events in ready], False

    def close(self):
        self.tokens.clear()


def to_readiness(events):
    both = BITS + [(HANGUP, select.POLLHUP), (ERROR, select.POLLERR)]
    return sum(bit for bit, mask in both if events & mask)


if __name__ == "__main__":
    drive(Poll)
