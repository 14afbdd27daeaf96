import { GatewayError } from "../../model/errors.ts";
import { SlotMap } from "../../model/slot-map.ts";
import { INTERNAL_ERROR, type InvalidMessage, parseMessage, type RequestId, type RpcMessage } from "../../wire/json-rpc.ts";
import { LineReader } from "../../wire/line-codec.ts";
import { peekEnvelope, peekTrailingId } from "../../wire/peek-envelope.ts";
import { type ScannedAnswer, scanAnswer } from "../../wire/scan-answer.ts";
import { answerOverLimit } from "../answer-over-limit.ts";

const TAIL_BYTES = 4_096;
const SAMPLE_CHARACTERS = 200;
const OPEN_BRACE = 0x7b;
const RPC_MARK = '"jsonrpc"';

/** Why a line of a child was skipped: no JSON, no JSON-RPC message, too long, or an answer nobody waits for. */
export type StrayKind = "not-json" | "not-rpc" | "too-long" | "unmatched";

export interface ChildReaderOptions {
  readonly maxLineBytes: number;
  readonly onMessage: (message: RpcMessage) => void;
  /** Hears an answer whose result was not read. */
  readonly onRaw: (answer: ScannedAnswer) => void;
  /** An answer was lost and nobody can tell whose it was. */
  readonly onLost: (error: GatewayError) => void;
  /** Hears of every skipped line, with its first 200 characters. */
  readonly onStray: ((kind: StrayKind, sample: string) => void) | undefined;
}

/** What is known of a line that is being discarded because it is too long. */
interface LostLine {
  readonly isAnswer: boolean;
  readonly isRpc: boolean;
  /** Its request has been told, or there is none. */
  readonly settled: boolean;
}

/**
 * Reads what a child writes, as messages. Children also write banners and logs: lines that are no message, and answers to
 * nobody, are skipped and counted. An answer that cannot be read becomes an error answer with a GatewayError
 * (`upstream_protocol`, `answer_over_limit`) as its data, so that the request it belongs to fails at once and no other does.
 */
export class ChildReader {
  readonly #options: ChildReaderOptions;
  readonly #lines: LineReader;
  /** The requests of ours that are open, and whether the result of each may stay unread. */
  readonly #pending = new SlotMap<RequestId, boolean>();
  #takingRaw = 0;
  #strayCount = 0;
  #lost: LostLine | undefined;

  constructor(options: ChildReaderOptions) {
    this.#options = options;
    this.#lines = new LineReader({
      maxBytes: options.maxLineBytes,
      onLine: (line) => this.#readLine(line),
      onTooLong: (head) => this.#beginTooLong(head),
      onDiscarded: (tail) => this.#endTooLong(tail),
    });
  }

  /** How many lines were skipped so far. */
  get strayCount(): number {
    return this.#strayCount;
  }

  push(chunk: Buffer): void {
    this.#lines.push(chunk);
  }

  /** Reads a last line that came without a newline. */
  end(): void {
    this.#lines.end();
  }

  /** Lets exactly one answer with this id through. */
  expect(id: RequestId, takesRaw = false): void {
    this.#pending.set(id, takesRaw);
    if (takesRaw) this.#takingRaw += 1;
  }

  /** Makes a late answer nobody's. */
  forget(id: RequestId): void {
    this.#claim(id);
  }

  #readLine(line: Buffer): void {
    if (this.#takingRaw > 0 && this.#handOnRaw(line)) return;
    const parsed = parseMessage(line);
    if (parsed.kind === "invalid") {
      const isAnswer = parsed.shape === "response" && line.includes(RPC_MARK); // a log line may have an "id" and an "error" too
      const id = parsed.id ?? peekTrailingId(line.subarray(-TAIL_BYTES));
      if (isAnswer && this.#fail(id, unreadable(parsed))) return;
      this.#skip(line[0] === OPEN_BRACE ? "not-rpc" : "not-json", line);
    } else if (parsed.kind === "response" && !this.#claim(parsed.message.id)) this.#skip("unmatched", line);
    else this.#options.onMessage(parsed.message);
  }

  /** True if the line answers a request whose result may stay unread, and can. */
  #handOnRaw(line: Buffer): boolean {
    const answer = scanAnswer(line);
    if (!answer || !this.#pending.get(answer.id)) return false;
    this.#claim(answer.id);
    this.#options.onRaw(answer);
    return true;
  }

  #beginTooLong(head: Buffer): void {
    this.#skip("too-long", head);
    const { shape, id } = peekEnvelope(head);
    const isAnswer = shape === "response";
    const isRpc = head.includes(RPC_MARK);
    if (isAnswer && isRpc) this.#fail(id, answerOverLimit(this.#tooLong()));
    this.#lost = { isAnswer, isRpc, settled: id !== null };
  }

  /** Many servers write the id behind the result. If even the end does not name it, every caller's answer may be the lost one. */
  #endTooLong(tail: Buffer): void {
    const lost = this.#lost;
    this.#lost = undefined;
    if (!lost?.isAnswer || lost.settled || !(lost.isRpc || tail.includes(RPC_MARK))) return;
    const id = peekTrailingId(tail);
    if (id !== null) this.#fail(id, answerOverLimit(this.#tooLong()));
    else if (this.#pending.size > 0) this.#options.onLost(broken(`${this.#tooLong()} and names no request`));
  }

  #fail(id: RequestId | null, data: GatewayError): boolean {
    if (id === null || !this.#claim(id)) return false;
    this.#options.onMessage({ jsonrpc: "2.0", id, error: { code: INTERNAL_ERROR, message: data.message, data } });
    return true;
  }

  /** True once for every request of ours. */
  #claim(id: RequestId | null): boolean {
    if (id === null) return false;
    if (this.#pending.get(id)) this.#takingRaw -= 1;
    return this.#pending.delete(id);
  }

  #skip(kind: StrayKind, line: Buffer): void {
    this.#strayCount += 1;
    this.#options.onStray?.(kind, line.toString("utf8", 0, SAMPLE_CHARACTERS * 4).slice(0, SAMPLE_CHARACTERS));
  }

  #tooLong(): string {
    return `it is longer than ${this.#options.maxLineBytes} bytes`;
  }
}

const broken = (detail: string): GatewayError =>
  new GatewayError("upstream_protocol", `Cannot read the answer of the server: ${detail}`);

const unreadable = ({ error, tooDeep }: InvalidMessage): GatewayError =>
  tooDeep ? answerOverLimit(error.message) : broken(error.message);
