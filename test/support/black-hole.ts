import { once } from "node:events";
import { createServer, type Socket } from "node:net";

/** A listening socket that takes every connection and never says a word. */
export interface BlackHole extends AsyncDisposable {
  readonly url: string;
}

/** Opens a black hole on a port of its own; disposing it cuts every connection it has swallowed. */
export async function openBlackHole(): Promise<BlackHole> {
  const swallowed = new Set<Socket>();
  const server = createServer((socket) => {
    swallowed.add(socket);
    socket.on("error", () => undefined).resume(); // a caller who gives up may reset the connection
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("Expected an IP address");
  return {
    url: `http://127.0.0.1:${address.port}/mcp`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of swallowed) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
