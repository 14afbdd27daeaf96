import * as z from "zod/mini";
import { described } from "../model/described.ts";

const endpointShape = {
  model: described(z.string().check(z.minLength(1), z.maxLength(200)), "The model's name, as the endpoint knows it"),
  apiKey: z.optional(
    described(z.string().check(z.minLength(1)), `Sent as a bearer token; write it as a variable such as \${env:OPENAI_API_KEY}`),
  ),
  allowHttp: z.optional(
    described(
      z.boolean(),
      "Whether an address on another machine may be plain http, which anyone on the way can read; default false",
    ),
  ),
};

const embeddingsSchema = z.object({
  url: described(
    z.string().check(z.minLength(1)),
    'Base address of the endpoint: "http://127.0.0.1:11434" for Ollama, "https://api.openai.com/v1" for OpenAI',
  ),
  ...endpointShape,
  api: z.optional(
    described(
      z.enum(["openai", "ollama"]),
      "Which of the two ways the endpoint is asked in; by default what its address looks like",
    ),
  ),
  enabled: z.optional(
    described(
      z.enum(["auto", "on", "off"]),
      "Whether discover goes by meaning too: always, never, or while a trial on the tools' examples shows a gain (auto)",
    ),
  ),
  dimensions: z.optional(
    described(
      z.int().check(z.minimum(1), z.maximum(8_192)),
      "How many numbers make a vector; default as many as the model gives",
    ),
  ),
  batch: z.optional(described(z.int().check(z.minimum(1), z.maximum(512)), "The most texts in one request; default 64")),
  timeoutMs: z.optional(
    described(
      z.int().check(z.minimum(1), z.maximum(10_000)),
      "How long a question may wait for the endpoint, in milliseconds, before it is answered by words alone; default 150",
    ),
  ),
  queryPrefix: z.optional(
    described(z.string().check(z.maxLength(500)), 'What the model wants before a question, such as "query: "'),
  ),
  documentPrefix: z.optional(
    described(z.string().check(z.maxLength(500)), 'What the model wants before a text to be found, such as "passage: "'),
  ),
});

const chatSchema = z.object({
  url: described(
    z.string().check(z.minLength(1)),
    'Base address of an OpenAI-compatible endpoint, such as "http://127.0.0.1:11434/v1"',
  ),
  ...endpointShape,
  timeoutMs: z.optional(
    described(z.int().check(z.minimum(1), z.maximum(600_000)), "How long one answer may take, in milliseconds; default 60000"),
  ),
});

/** The models beside `discover`: one that compares by meaning, one that writes examples. */
export const searchSchema = z.object({
  embeddings: z.optional(
    described(embeddingsSchema, "An endpoint that turns texts into vectors, so that discover goes by meaning too"),
  ),
  chat: z.optional(described(chatSchema, "An endpoint that writes examples for tools, for sallyport examples")),
});

export type WrittenSearch = z.infer<typeof searchSchema>;
