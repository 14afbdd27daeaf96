import type { Embedder } from "../model/ports.ts";
import type { EmbeddingsSettings } from "../model/registry-snapshot.ts";
import { JsonEndpoint } from "./json-endpoint.ts";
import { readOllama, readOpenAi } from "./read-vectors.ts";
import { withPath } from "./with-path.ts";

/** An embedder over an OpenAI-compatible or an Ollama endpoint. Asks nothing until it is asked. */
export function createEmbedder({ url, api, apiKey, model, dimensions }: EmbeddingsSettings): Embedder {
  const endpoint = new JsonEndpoint({ url: withPath(url.reveal(), PATHS[api]), apiKey });
  const read = api === "ollama" ? readOllama : readOpenAi;
  return {
    async embed(texts, signal) {
      const answer = await endpoint.post({ model, input: texts, ...(dimensions !== undefined && { dimensions }) }, signal);
      return read(answer, { count: texts.length, dimensions });
    },
    [Symbol.asyncDispose]: () => endpoint[Symbol.asyncDispose](),
  };
}

const PATHS = { openai: "/embeddings", ollama: "/api/embed" } as const;
