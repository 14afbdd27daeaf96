import type { Readable } from "node:stream";
import { INVALID_REQUEST, type ParsedMessage, parseMessage } from "../../wire/json-rpc.ts";
import { LineReader } from "../../wire/line-codec.ts";
import { type EnvelopePeek, peekEnvelope, peekTrailingId } from "../../wire/peek-envelope.ts";
import { MAX_MESSAGE_BYTES } from "./outgoing-message.ts";
import { PacedInput } from "./paced-input.ts";
import { scanInvoke } from "./scan-invoke.ts";

export interface MessageListener {
  /** Gets every line as a message; one longer than 8 MiB as an invalid message, once it has passed by. */
  readonly onMessage: (parsed: ParsedMessage) => void;
  readonly onClosed: () => void;
}

/** Reads the host's messages off a stream, from `start()` on the returned input until its `stop()`. */
export function readMessages(stream: Readable, { onMessage, onClosed }: MessageListener): PacedInput {
  let head: EnvelopePeek = { shape: "unknown", id: null };
  const reader = new LineReader({
    maxBytes: MAX_MESSAGE_BYTES,
    onLine: (line) => onMessage(scanned(line) ?? parseMessage(line)),
    onTooLong: (bytes) => {
      head = peekEnvelope(bytes);
    },
    onDiscarded: (tail) => onMessage(tooLong({ shape: head.shape, id: head.id ?? peekTrailingId(tail) })),
  });
  return new PacedInput(stream, { onChunk: (chunk) => reader.push(chunk), onEnd: () => reader.end(), onClosed });
}

function scanned(line: Buffer): ParsedMessage | undefined {
  const message = scanInvoke(line);
  return message && { kind: "request", message };
}

const tooLong = (peek: EnvelopePeek): ParsedMessage => ({
  kind: "invalid",
  ...peek,
  error: { code: INVALID_REQUEST, message: `Message is longer than ${MAX_MESSAGE_BYTES} bytes` },
});
