import { createServer } from "node:http";
import { isJsonObject } from "../../src/model/json.ts";
import { close, listen } from "./scripted-http.ts";

/** One question as it came. */
export interface ChatRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly model: unknown;
  readonly instruction: string;
  readonly message: string;
}

/** A real HTTP endpoint for chats, OpenAI's way. */
export interface ChatEndpoint extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly ChatRequest[];
}

/** What is answered: a text, a status, or nothing ever. */
export type ChatAnswer = string | number | undefined;

export async function startChatEndpoint(answer: (message: string, at: number) => ChatAnswer): Promise<ChatEndpoint> {
  const requests: ChatRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    const messages: readonly unknown[] = Array.isArray(body["messages"]) ? body["messages"] : [];
    const said = (role: string) => String(messages.filter(isJsonObject).find((one) => one["role"] === role)?.["content"]);
    const { authorization } = incoming.headers;
    const request = {
      path: incoming.url ?? "",
      authorization,
      model: body["model"],
      instruction: said("system"),
      message: said("user"),
    };
    requests.push(request);
    const content = answer(request.message, requests.length - 1);
    if (typeof content === "number") response.writeHead(content).end();
    if (typeof content === "string") response.end(JSON.stringify({ choices: [{ message: { role: "assistant", content } }] }));
  });
  const port = await listen(server);
  return { url: `http://127.0.0.1:${port}/v1`, requests, [Symbol.asyncDispose]: () => close(server) };
}
