import type { ServerResponse } from "node:http";
import { isJsonObject, type JsonObject } from "../../../src/model/json.ts";
import type { Era } from "../../../src/model/ports.ts";
import {
  type Behaviour,
  json,
  type Recorded,
  rpcError,
  type Script,
  type ScriptedHttp,
  startScriptedHttp,
} from "../../support/scripted-http.ts";
import type { Ledger } from "./calls.ts";

/** Nobody vouches for `write`; the registry entry of a test may vouch for `read`. */
export const TOOLS = ["write", "read"].map((name) => ({ name, inputSchema: { type: "object" } }));
export const GOOD: JsonObject = { resultType: "complete", content: [{ type: "text", text: "done" }] };

/** How the backend treats calls while it is ill. */
export interface Illness {
  /** Whether it runs the tool before it does what `answer` does. */
  readonly runs: boolean;
  readonly answer: Behaviour;
  /** How many calls it is ill for; the rest is well served. */
  readonly calls?: number;
}

/** A real MCP server over HTTP that keeps a ledger, can hold calls back, and falls ill when told to. */
export interface FlakyHttp extends AsyncDisposable {
  readonly url: string;
  readonly ledger: Ledger;
  readonly http: ScriptedHttp;
  /** Calls that are held back right now. */
  readonly held: number;
  /** Keeps every call that arrives until the next illness or recovery. */
  hold(): void;
  /** Falls ill: the calls held back are its first victims. */
  fall(illness: Illness): void;
  recover(): void;
}

export async function startFlakyHttp(era: Era, over: Partial<Script> = {}): Promise<FlakyHttp> {
  const ward = new Ward();
  const onCall: Behaviour = (request, response) => ward.receive(request, response);
  const listing = json({ resultType: "complete", tools: TOOLS, ttlMs: 0, cacheScope: "private" });
  const on = { "tools/list": inEra(era, listing), "tools/call": inEra(era, onCall), ping: json({}), ...over.on };
  const http = await startScriptedHttp({ era, ...over, on });
  return {
    url: http.url,
    http,
    ledger: ward.ledger,
    get held() {
      return ward.held.length;
    },
    hold: () => {
      ward.state = "holding";
    },
    fall: (illness) => ward.become({ ...illness, left: illness.calls ?? Number.POSITIVE_INFINITY }),
    recover: () => ward.become("well"),
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  };
}

const MODERN = "2026-07-28";

/** Refuses what comes in the other era, as the SDK's servers do. */
const inEra =
  (era: Era, behaviour: Behaviour): Behaviour =>
  (request, response) => {
    const isModern = request.headers["mcp-protocol-version"] === MODERN;
    if (isModern === (era === "modern")) behaviour(request, response);
    else if (isModern) rpcError(400, -32_000, "Bad Request: Server not initialized", null)(request, response);
    else rpcError(400, -32_022, "Unsupported protocol version")(request, response);
  };

type WardState = "well" | "holding" | (Illness & { left: number });

class Ward {
  readonly ledger: string[] = [];
  readonly held: { readonly request: Recorded; readonly response: ServerResponse }[] = [];
  state: WardState = "well";

  become(state: WardState): void {
    this.state = state;
    for (const { request, response } of this.held.splice(0)) this.receive(request, response);
  }

  receive(request: Recorded, response: ServerResponse): void {
    const { state } = this;
    if (state === "holding") {
      const entry = { request, response };
      this.held.push(entry);
      response.once("close", () => void (this.held.includes(entry) && this.held.splice(this.held.indexOf(entry), 1)));
    } else if (state === "well" || state.left <= 0) {
      this.#run(request);
      json(GOOD)(request, response);
    } else {
      state.left -= 1;
      if (state.runs) this.#run(request);
      state.answer(request, response);
    }
  }

  #run({ message: { params } }: Recorded): void {
    const args = isJsonObject(params) && isJsonObject(params["arguments"]) ? params["arguments"] : {};
    this.ledger.push(String(args["key"]));
  }
}
