import { GatewayError } from "../model/errors.ts";
import { isJsonObject } from "../model/json.ts";
import type { ModelEndpoint } from "../model/registry-snapshot.ts";
import type { Signal } from "../model/signal.ts";
import { JsonEndpoint } from "./json-endpoint.ts";
import { withPath } from "./with-path.ts";

/** A model that answers in words. */
export interface Chat extends AsyncDisposable {
  /** The answer to one message, given one instruction. Throws a GatewayError. */
  ask(instruction: string, message: string, signal: Signal): Promise<string>;
}

/** A chat over an OpenAI-compatible endpoint. */
export function createChat({ url, apiKey, model }: Omit<ModelEndpoint, "timeoutMs">): Chat {
  const endpoint = new JsonEndpoint({ url: withPath(url.reveal(), "/chat/completions"), apiKey });
  return {
    async ask(instruction, message, signal) {
      const messages = [
        { role: "system", content: instruction },
        { role: "user", content: message },
      ];
      return readContent(await endpoint.post({ model, messages, stream: false }, signal));
    },
    [Symbol.asyncDispose]: () => endpoint[Symbol.asyncDispose](),
  };
}

function readContent(answer: unknown): string {
  const choices: unknown = isJsonObject(answer) ? answer["choices"] : undefined;
  const [first]: readonly unknown[] = Array.isArray(choices) ? choices : [];
  const message = isJsonObject(first) ? first["message"] : undefined;
  const content = isJsonObject(message) ? message["content"] : undefined;
  if (typeof content === "string") return content;
  throw new GatewayError("upstream_protocol", "its answer is none: expected choices[0].message.content, found none");
}
