import type { ClientRequest } from "node:http";
import { Socket } from "node:net";
import { type Duplex, Readable, type Writable } from "node:stream";
import { GatewayError } from "../model/errors.ts";
import type { Signal } from "../model/signal.ts";
import { garbled, refusedBy, unreachable } from "./engine-errors.ts";
import { FrameReader } from "./engine-frames.ts";

/** The three pipes of an attached container; ending `input` closes its stdin and leaves the outputs open. */
export interface Attachment {
  readonly input: Writable;
  readonly output: Readable;
  readonly errors: Readable;
  /** Lets go of the container, which sees its stdin end. */
  close(): void;
}

/**
 * A socket that reads to the end although its other end takes no more: a container that has left cannot be written to, and its last
 * words are still to be read. Node would throw them away with the connection.
 */
class AttachSocket extends Socket {
  #isDeaf = false;
  #hasEnded = false;

  override destroy(error?: Error & { readonly syscall?: string }): this {
    this.#isDeaf = error?.syscall === "write"; // EPIPE, or ECONNRESET if it left something unread
    return this.#isDeaf && !this.#hasEnded ? this : super.destroy(error);
  }

  /** Node's stream drops what it reads once a write has failed, and says nothing of its end. */
  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    this.#hasEnded ||= chunk === null;
    if (!this.#isDeaf) return super.push(chunk, encoding);
    if (chunk === null) super.destroy();
    else this.emit("data", chunk);
    return true;
  }
}

/** Opens the hijacked connection of an attach call and takes its output apart. The signal covers the opening only. */
export async function attach(socketPath: string, path: string, signal: Signal): Promise<Attachment> {
  const { socket, head } = await upgrade(socketPath, path, signal);
  return demultiplex(socket, head, socketPath);
}

interface Upgraded {
  readonly socket: Duplex;
  readonly head: Buffer;
}

function upgrade(socketPath: string, path: string, signal: Signal): Promise<Upgraded> {
  return new Promise((resolve, reject) => {
    const headers = { connection: "Upgrade", upgrade: "tcp", "content-type": "application/json" };
    const createConnection = () => new AttachSocket().connect(socketPath);
    const { request } = process.getBuiltinModule("node:http"); // loaded late: it takes longer than all of our runtimes
    const asking: ClientRequest = request({ createConnection, path, method: "POST", headers });
    const onAbort = () => asking.destroy();
    const settle = () => signal.removeEventListener("abort", onAbort);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    asking.once("upgrade", (_, socket, head) => {
      settle();
      resolve({ socket, head });
    });
    asking.once("response", (answer) => {
      settle();
      const pieces: Buffer[] = [];
      answer.on("data", (piece: Buffer) => pieces.push(piece));
      answer.once("close", () => reject(refusedBy("attach", answer.statusCode ?? 0, Buffer.concat(pieces).toString("utf8"))));
    });
    asking.once("error", (error) => {
      settle();
      reject(signal.aborted ? GatewayError.from(signal.reason) : unreachable(socketPath, error));
    });
    asking.end();
  });
}

function demultiplex(socket: Duplex, head: Buffer, socketPath: string): Attachment {
  const resume = () => socket.resume();
  const output = new Readable({ read: resume });
  const errors = new Readable({ read: resume });
  const frames = new FrameReader((stream, payload) => {
    if (!(stream === 2 ? errors : output).push(payload)) socket.pause(); // whoever does not read holds the container back
  });
  const take = (chunk: Buffer) => {
    if (!frames.push(chunk)) socket.destroy(garbled(socketPath, "the attached stream is not made of frames"));
  };
  take(head);
  socket.on("data", take);
  // A lost connection ends the outputs like a container that has left: what it means is for their reader to say
  socket.on("error", () => {});
  socket.once("close", () => {
    output.push(null);
    errors.push(null);
  });
  return { input: socket, output, errors, close: () => socket.destroy() };
}
