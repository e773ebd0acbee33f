"""An edge that is not drained; with the argument "right" it is."""
import os, select, sys

right = sys.argv[1:] == ['right']
reader, writer = os.pipe()
os.set_blocking(reader, False)
poller = select.epoll()
print(reader, flush=True)
poller.register(reader, select.EPOLLIN | select.EPOLLET)
os.write(writer, b'x' * 100)
while poller.poll(0.3):
    try:
        os.read(reader, 10)
        while right:
            os.read(reader, 10)
    except BlockingIOError:
        pass
