import type { RpcErrorObject } from "../model/errors.ts";
import type { AskHost, HostAnswer } from "../model/host.ts";
import { isJsonObject, type JsonObject } from "../model/json.ts";
import type { Signal } from "../model/signal.ts";
import type { RequestId, RpcRequest, RpcResponse } from "../wire/json-rpc.ts";

/** The call a question belongs to. */
export interface QuestionOwner {
  readonly call: { readonly signal: Signal } | undefined;
  /** Whether the wire says that it is this call's. */
  readonly isCertain: boolean;
}

interface OpenQuestion extends QuestionOwner {
  readonly life: AbortController;
}

const MOST_OPEN = 64;
const INTERNAL_ERROR = -32_603;
const TOO_MANY = { code: INTERNAL_ERROR, message: `${MOST_OPEN} questions are open already` };
const CALL_ENDED = { code: INTERNAL_ERROR, message: "The call that asked has ended" };

/** The questions of one backend that wait for the host; each gets exactly one answer, unless the backend takes it back. */
export class BackendQuestions {
  readonly #reply: (response: RpcResponse) => Promise<void>;
  readonly #open = new Map<RequestId, OpenQuestion>();

  constructor(reply: (response: RpcResponse) => Promise<void>) {
    this.#reply = reply;
  }

  /** How many wait. */
  get size(): number {
    return this.#open.size;
  }

  put({ id, method, params }: RpcRequest, ask: AskHost, owner: QuestionOwner): void {
    this.withdraw(id); // a session begun anew counts from the beginning, and the old one's question is nobody's
    if (this.#open.size >= MOST_OPEN) {
      this.refuse(id, TOO_MANY);
      return;
    }
    const question = { ...owner, life: new AbortController() };
    this.#open.set(id, question);
    void ask({ method, params: withoutProgress(params) }, question.life.signal).then((answer) => {
      if (this.#open.get(id) === question) this.#settle(id, answer); // else it was settled or taken back
    });
  }

  isAwaitedBy(call: object): boolean {
    return [...this.#open.values()].some((question) => question.call === call);
  }

  refuse(id: RequestId, error: RpcErrorObject): void {
    this.#send({ jsonrpc: "2.0", id, error });
  }

  /** The backend takes a question back and wants no answer; false if there is none with that id. */
  withdraw(id: RequestId): boolean {
    const question = this.#open.get(id);
    this.#open.delete(id);
    question?.life.abort();
    return question !== undefined;
  }

  /**
   * A call is over, and with it what it asked. One that ended well may not have been the one that asked, unless the wire said
   * so: what was only thought to be its question stays open.
   */
  callEnded(call: { readonly signal: Signal }): void {
    for (const [id, question] of this.#open) {
      if (question.call !== call || !(question.isCertain || call.signal.aborted)) continue;
      this.#settle(id, { error: CALL_ENDED });
      question.life.abort();
    }
  }

  close(): void {
    for (const id of [...this.#open.keys()]) this.withdraw(id);
  }

  #settle(id: RequestId, answer: HostAnswer): void {
    this.#open.delete(id);
    this.#send({ jsonrpc: "2.0", id, ...answer });
  }

  #send(response: RpcResponse): void {
    this.#reply(response).catch(() => {}); // a backend that is gone needs no answer
  }
}

/** The progress token of a question belongs to another hop. */
function withoutProgress(params: JsonObject = {}): JsonObject {
  const { _meta: meta, ...rest } = params;
  if (!isJsonObject(meta)) return rest;
  const { progressToken: _token, ...kept } = meta;
  return Object.keys(kept).length === 0 ? rest : { ...rest, _meta: kept };
}
