// Deno's own server, as its users write it.
const listener = Deno.listen({ hostname: '127.0.0.1', port: 0 });
console.log(JSON.stringify({ port: listener.addr.port }));

for await (const connection of listener) serve(connection);

async function serve(connection) {
  connection.setNoDelay(true);
  const buffer = new Uint8Array(65536);
  try {
    for (let length = await connection.read(buffer); length !== null; length = await connection.read(buffer)) {
      await connection.write(buffer.subarray(0, length));
    }
  } catch {
    // The peer has reset the connection.
  }
  connection.close();
}
