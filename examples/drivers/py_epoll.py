"""select.epoll of Python.

  npx pollux conformance --driver 'python3 examples/drivers/py_epoll.py'
"""

import errno
import functools
import operator
import select

from driver import EDGE, ERROR, EXCLUSIVE, HANGUP, ONESHOT, PRIORITY, READABLE, READ_CLOSED, WRITABLE, drive

ASKED = [
    (READABLE, select.EPOLLIN | select.EPOLLRDHUP),
    (WRITABLE, select.EPOLLOUT),
    (PRIORITY, select.EPOLLPRI),
    (READ_CLOSED, select.EPOLLRDHUP),
    (EDGE, select.EPOLLET),
    (ONESHOT, select.EPOLLONESHOT),
]


def to_kernel(interest):
    return functools.reduce(operator.or_, (mask for bit, mask in ASKED if interest & bit), 0)


def from_kernel(events, interest):
    readiness = 0
    if events & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR):
        readiness |= READABLE
    if events & (select.EPOLLOUT | select.EPOLLERR):
        readiness |= WRITABLE
    if events & select.EPOLLPRI:
        readiness |= PRIORITY
    if events & (select.EPOLLRDHUP | select.EPOLLHUP):
        readiness |= READ_CLOSED
    asked = interest | (READ_CLOSED if interest & READABLE else 0)
    return readiness & asked | (HANGUP if events & select.EPOLLHUP else 0) | (ERROR if events & select.EPOLLERR else 0)


class Epoll:
    name = "select.epoll of Python"
    lacks = {
        "wake": "select.epoll has no call that ends a wait",
        "subMillisecond": "select.epoll waits for whole milliseconds",
        "exclusive": "EPOLLEXCLUSIVE does not go with EPOLLRDHUP, which tells of the end of a peer",
    }

    def __init__(self, capacity):
        self.epoll = select.epoll()
        self.capacity = capacity
        self.interests = {}

    def fileno(self):
        return self.epoll.fileno()

    def add(self, fd, interest, token):
        self.change(self.epoll.register, fd, interest)

    def modify(self, fd, interest, token):
        self.change(self.epoll.modify, fd, interest)

    def change(self, call, fd, interest):
        if interest & EXCLUSIVE:
            raise OSError(errno.ENOTSUP, self.lacks["exclusive"])
        former = self.interests.get(fd, 0)
        self.interests[fd] = interest  # Another thread may get an event before the call returns.
        try:
            call(fd, to_kernel(interest))
        except OSError:
            self.interests[fd] = former
            raise

    def remove(self, fd):
        self.epoll.unregister(fd)
        self.interests.pop(fd, None)

    def wait(self, timeout):
        events = self.epoll.poll(timeout, self.capacity)
        return [[fd, from_kernel(bits, self.interests.get(fd, 0))] for fd, bits in events], False

    def close(self):
        self.epoll.close()


if __name__ == "__main__":
    drive(Epoll)
