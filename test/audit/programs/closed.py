"""A socket that is closed before it is unregistered; with the argument "right" it is the other way round."""
import select, socket, sys

right = sys.argv[1:] == ['right']
one, other = socket.socketpair()
poller = select.epoll()
fd = one.fileno()
print(fd, flush=True)
poller.register(fd, select.EPOLLIN)
other.send(b'x')
poller.poll(0.1)
one.recv(10)
if right:
    poller.unregister(fd)
one.close()
if not right:
    try:
        poller.unregister(fd)
    except OSError:
        pass
poller.poll(0.1)
