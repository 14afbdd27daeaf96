import * as z from "zod/mini";

const endpointShape = {
  model: z.string().check(z.minLength(1), z.maxLength(200), z.describe("The model's name, as the endpoint knows it")),
  apiKey: z.optional(
    z.string().check(z.minLength(1), z.describe(`Sent as a bearer token; write it as a variable such as \${env:OPENAI_API_KEY}`)),
  ),
  allowHttp: z.optional(
    z
      .boolean()
      .check(
        z.describe("Whether an address on another machine may be plain http, which anyone on the way can read; default false"),
      ),
  ),
};

const embeddingsSchema = z.object({
  url: z
    .string()
    .check(
      z.minLength(1),
      z.describe('Base address of the endpoint: "http://127.0.0.1:11434" for Ollama, "https://api.openai.com/v1" for OpenAI'),
    ),
  ...endpointShape,
  api: z.optional(
    z
      .enum(["openai", "ollama"])
      .check(z.describe("Which of the two ways the endpoint is asked in; by default what its address looks like")),
  ),
  enabled: z.optional(
    z
      .enum(["auto", "on", "off"])
      .check(
        z.describe(
          "Whether discover goes by meaning too: always, never, or while a trial on the tools' examples shows a gain (auto)",
        ),
      ),
  ),
  dimensions: z.optional(
    z
      .int()
      .check(z.minimum(1), z.maximum(8_192), z.describe("How many numbers make a vector; default as many as the model gives")),
  ),
  batch: z.optional(z.int().check(z.minimum(1), z.maximum(512), z.describe("The most texts in one request; default 64"))),
  timeoutMs: z.optional(
    z
      .int()
      .check(
        z.minimum(1),
        z.maximum(10_000),
        z.describe(
          "How long a question may wait for the endpoint, in milliseconds, before it is answered by words alone; default 150",
        ),
      ),
  ),
  queryPrefix: z.optional(
    z.string().check(z.maxLength(500), z.describe('What the model wants before a question, such as "query: "')),
  ),
  documentPrefix: z.optional(
    z.string().check(z.maxLength(500), z.describe('What the model wants before a text to be found, such as "passage: "')),
  ),
});

const chatSchema = z.object({
  url: z
    .string()
    .check(z.minLength(1), z.describe('Base address of an OpenAI-compatible endpoint, such as "http://127.0.0.1:11434/v1"')),
  ...endpointShape,
  timeoutMs: z.optional(
    z.int().check(z.minimum(1), z.maximum(600_000), z.describe("How long one answer may take, in milliseconds; default 60000")),
  ),
});

/** The models beside `discover`: one that compares by meaning, one that writes examples. */
export const searchSchema = z.object({
  embeddings: z.optional(
    embeddingsSchema.check(z.describe("An endpoint that turns texts into vectors, so that discover goes by meaning too")),
  ),
  chat: z.optional(chatSchema.check(z.describe("An endpoint that writes examples for tools, for sallyport examples"))),
});

export type WrittenSearch = z.infer<typeof searchSchema>;
