import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { close, listen } from "./scripted-http.ts";

/** One request as it came. */
export interface EmbeddingRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
  readonly texts: readonly string[];
}

/** Answers in another way than well; undefined to answer well after all. */
export type Misbehaviour = (request: EmbeddingRequest, response: ServerResponse) => boolean;

/** A real HTTP endpoint for embeddings, OpenAI's way and Ollama's; its vectors are genuine: near for near meanings, always the same. */
export interface EmbeddingEndpoint extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly EmbeddingRequest[];
  /** Every text that was asked for, in order. */
  readonly texts: readonly string[];
  /** From now on asked first; an answer of false leaves the request to the good side. */
  misbehave(how: Misbehaviour | undefined): void;
  /** Lets the requests that were held go on. */
  release(): void;
}

export type Embed = (text: string) => readonly number[];

/** What this little world knows of meaning: words of a line mean the same. */
const CONCEPTS = [
  "weather forecast rain temperature umbrella sunny climate",
  "mail email inbox letter correspondence",
  "picture image photo snapshot drawing",
  "money invoice payment bill pay owe",
  "file document disk folder",
  "meeting calendar appointment schedule diary",
  "song music track tune melody",
  "map route directions way drive",
  "translate language foreign tongue interpret",
  "create write make new jot compose",
  "remove delete erase bin rid",
  "find search look show list get read",
];
const WORDS = 52;
const DIMENSIONS = CONCEPTS.length + WORDS;

/** Concepts first, then words by their letters: a bag of meanings. */
export function conceptVector(text: string): readonly number[] {
  const vector = Array.from({ length: DIMENSIONS }, () => 0.001);
  for (const word of text.toLowerCase().split(/[^a-z]+/)) {
    const stem = word.replace(/(?:ing|es|s|d)$/, "");
    const concept = CONCEPTS.findIndex((line) => line.split(" ").some((known) => known === word || known === stem));
    if (concept >= 0) vector[concept] = (vector[concept] ?? 0) + 1;
    else if (word.length > 3) vector[CONCEPTS.length + (hashOf(word) % WORDS)] = 0.3;
  }
  return vector;
}

/** Vectors that say nothing: other texts, other directions. */
export const noiseVector: Embed = (text) =>
  Array.from({ length: DIMENSIONS }, (_, at) => (hashOf(`${at} ${text} ${at * 7}`) % 2_001) / 1_000 - 1);

export async function startEmbeddingEndpoint(embed: Embed = conceptVector): Promise<EmbeddingEndpoint> {
  const requests: EmbeddingRequest[] = [];
  const held: (() => void)[] = [];
  let misbehaviour: Misbehaviour | undefined;
  const server = createServer(async (incoming, response) => {
    const request = await readRequest(incoming);
    requests.push(request);
    const isDone = misbehaviour?.(request, response) ?? false;
    const isOllama = request.path.startsWith("/api/embed");
    const vectors = request.texts.map(embed);
    const data = vectors.map((embedding, index) => ({ object: "embedding", index, embedding }));
    const answer = () => sendJson(response, isOllama ? { embeddings: vectors } : { object: "list", data });
    if (isDone) held.push(answer);
    else answer();
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    get texts() {
      return requests.flatMap(({ texts }) => texts);
    },
    misbehave: (how) => {
      misbehaviour = how;
    },
    release: () => {
      for (const answer of held.splice(0)) answer();
    },
    [Symbol.asyncDispose]: () => close(server),
  };
}

export function sendJson(response: ServerResponse, body: unknown): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** Leaves a request unanswered until `release`. */
export const holding: Misbehaviour = () => true;

/** Answers with a status and nothing else. */
export const refusing =
  (status: number, headers: Readonly<Record<string, string>> = {}): Misbehaviour =>
  (_request, response) => {
    response.writeHead(status, headers).end("no");
    return true;
  };

/** Answers with this body, whatever it was asked. */
export const answering =
  (body: (texts: readonly string[]) => unknown): Misbehaviour =>
  ({ texts }, response) => {
    sendJson(response, body(texts));
    return true;
  };

async function readRequest(incoming: IncomingMessage): Promise<EmbeddingRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  return { path: incoming.url ?? "", authorization: incoming.headers.authorization, body, texts: [body["input"]].flat() };
}

function hashOf(text: string): number {
  let hash = 2_166_136_261;
  for (const letter of text) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16_777_619) >>> 0;
  return hash;
}
