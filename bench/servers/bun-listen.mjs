// Bun's own server, as its users write it.
const server = Bun.listen({
  hostname: '127.0.0.1',
  port: 0,
  socket: {
    open: (socket) => socket.setNoDelay(true),
    data: (socket, data) => socket.write(data),
  },
});
console.log(JSON.stringify({ port: server.port }));
