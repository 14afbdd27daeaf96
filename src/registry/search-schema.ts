import { z } from "zod";

const endpointShape = {
  model: z.string().min(1).max(200).describe("The model's name, as the endpoint knows it"),
  apiKey: z.string().min(1).describe(`Sent as a bearer token; write it as a variable such as \${env:OPENAI_API_KEY}`).optional(),
  allowHttp: z
    .boolean()
    .describe("Whether an address on another machine may be plain http, which anyone on the way can read; default false")
    .optional(),
};

const embeddingsSchema = z.object({
  url: z
    .string()
    .min(1)
    .describe('Base address of the endpoint: "http://127.0.0.1:11434" for Ollama, "https://api.openai.com/v1" for OpenAI'),
  ...endpointShape,
  api: z
    .enum(["openai", "ollama"])
    .describe("Which of the two ways the endpoint is asked in; by default what its address looks like")
    .optional(),
  enabled: z
    .enum(["auto", "on", "off"])
    .describe("Whether discover goes by meaning too: always, never, or while a trial on the tools' examples shows a gain (auto)")
    .optional(),
  dimensions: z.int().min(1).max(8_192).describe("How many numbers make a vector; default as many as the model gives").optional(),
  batch: z.int().min(1).max(512).describe("The most texts in one request; default 64").optional(),
  timeoutMs: z
    .int()
    .min(1)
    .max(10_000)
    .describe("How long a question may wait for the endpoint, in milliseconds, before it is answered by words alone; default 150")
    .optional(),
  queryPrefix: z.string().max(500).describe('What the model wants before a question, such as "query: "').optional(),
  documentPrefix: z.string().max(500).describe('What the model wants before a text to be found, such as "passage: "').optional(),
});

const chatSchema = z.object({
  url: z.string().min(1).describe('Base address of an OpenAI-compatible endpoint, such as "http://127.0.0.1:11434/v1"'),
  ...endpointShape,
  timeoutMs: z.int().min(1).max(600_000).describe("How long one answer may take, in milliseconds; default 60000").optional(),
});

/** The models beside `discover`: one that compares by meaning, one that writes examples. */
export const searchSchema = z.object({
  embeddings: embeddingsSchema
    .describe("An endpoint that turns texts into vectors, so that discover goes by meaning too")
    .optional(),
  chat: chatSchema.describe("An endpoint that writes examples for tools, for sallyport examples").optional(),
});

export type WrittenSearch = z.infer<typeof searchSchema>;
