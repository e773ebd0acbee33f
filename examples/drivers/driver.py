"""A driver in Python: a class with the methods of a poller, and drive(). docs/driver-protocol.md is the protocol.

The methods add(), modify(), remove(), wait(), wake() and close() raise OSError where the poller refuses. wait() returns a list
of [fd, readiness, token], and whether a wake ended it.
"""

import errno
import fcntl
import json
import os
import signal
import socket
import threading
import time

READABLE, WRITABLE, PRIORITY, READ_CLOSED, HANGUP, ERROR = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
EDGE, ONESHOT, EXCLUSIVE = 0x100, 0x200, 0x400

pollers = {}


def requests(connection):
    """The requests of a socket, each with the descriptor that came with it, or None."""
    rest, descriptor = b"", None
    while True:
        data, received, _, _ = socket.recv_fds(connection, 4096, 1)
        if not data:
            return
        rest += data
        descriptor = received[0] if received else descriptor
        if rest.endswith(b"\n"):
            yield json.loads(rest), descriptor
            rest, descriptor = b"", None


def serve(connection, kind):
    """Answers the requests of `connection` until its end."""
    with connection:
        for request, descriptor in requests(connection):
            try:
                answer = answer_to(request, descriptor, kind) or {}
            except OSError as error:
                answer = {"error": errno.errorcode.get(error.errno, str(error.errno)), "message": str(error)}
            except Exception as error:  # A library says no in its own way.
                answer = {"error": type(error).__name__, "message": str(error)}
            connection.sendall(json.dumps(answer).encode() + b"\n")


def answer_to(request, descriptor, kind):
    op, fd = request["op"], request.get("fd")
    interest, token = request.get("interest"), request.get("token")
    if op == "hello":
        return {"version": 1, "name": kind.name, "pid": os.getpid(), "lacks": kind.lacks}
    if op == "take":
        try:
            return {"fd": fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, fd)}
        finally:
            os.close(descriptor)
    if op == "release":
        return os.close(fd)
    if op == "threads":
        return threading.Thread(target=serve, args=(socket.socket(fileno=descriptor), kind), daemon=True).start()
    if op == "open":
        number = next(number for number in range(1 << 20) if number not in pollers)
        pollers[number] = kind(request["capacity"])
        return {"poller": number, **({"fd": pollers[number].fileno()} if hasattr(kind, "fileno") else {})}
    poller = pollers[request["poller"]]
    if op == "add":
        return poller.add(fd, interest, token)
    if op == "modify":
        return poller.modify(fd, interest, token)
    if op == "remove":
        return poller.remove(fd)
    if op == "wait":
        timeout_ns = request["timeoutNs"]
        events, woken = poller.wait(None if timeout_ns < 0 else timeout_ns / 1e9)
        return {"events": events, "woken": woken}
    if op == "wake":
        return poller.wake()
    if op == "close":
        return pollers.pop(request["poller"]).close()
    raise OSError(errno.ENOSYS, f"unknown operation {op}")


def drive(kind):
    """Serves pollers of the class `kind` until the other side closes the socket."""
    signal.signal(signal.SIGWINCH, lambda *_: None)
    serve(socket.socket(fileno=int(os.environ["POLLUX_DRIVER_SOCKET"])), kind)
