import { readFile, realpath, stat } from "node:fs/promises";
import type { Catalog } from "../../catalog/catalog.ts";
import type { Fleet } from "../../lifecycle/fleet.ts";
import { GatewayError } from "../../model/errors.ts";
import type { ModelEndpoint } from "../../model/registry-snapshot.ts";
import { Secret } from "../../model/secret.ts";
import type { Signal } from "../../model/signal.ts";
import type { ToolDescriptor } from "../../model/tool.ts";
import { addExamples, type ExamplesEdit, type ToolExamples } from "../../registry/add-examples.ts";
import { urlFault } from "../../registry/endpoint-url.ts";
import { writeFileAtomically } from "../../state/atomic-file.ts";
import type { Clock } from "../../time/clock.ts";
import { linkDeadline } from "../../time/linked-signal.ts";
import type { LearnTools } from "../learn-tools.ts";
import type { Router } from "../router.ts";

/** So many failures one after the other say that the endpoint is at fault, not a tool. */
const MOST_FAILURES = 3;
const ANSWER_MS = 60_000;

export interface DraftRequest {
  /** Only tools of this server. */
  readonly server?: string | undefined;
  /** Instead of the registry's `search.chat`; asked without its key. */
  readonly url?: string | undefined;
  readonly model?: string | undefined;
  /** The most tools that are asked about. */
  readonly limit: number;
}

/** What became of one tool: needs for it, or why there are none. */
export type Draft = ToolExamples | { readonly server: string; readonly tool: string; readonly problem: string };

export interface ExampleWriterParts {
  readonly fleet: Fleet;
  readonly router: Router;
  readonly catalog: Catalog;
  readonly learn: LearnTools;
  readonly clock: Clock;
}

/** Has a model write examples for the tools that have none, and adds them to the registry file. */
export class ExampleWriter {
  readonly #parts: ExampleWriterParts;

  constructor(parts: ExampleWriterParts) {
    this.#parts = parts;
  }

  /** The tools without examples that may be called, those of unknown servers after they were listed. */
  async wanting(server: string | undefined, signal: Signal): Promise<readonly ToolDescriptor[]> {
    const { router, learn, catalog, fleet } = this.#parts;
    if (server !== undefined) router.usable(server);
    await learn.learnUnknown(server, signal);
    return catalog.all().flatMap(([id, listing]) => {
      const spec = fleet.get(id)?.spec;
      if (!spec?.enabled || (server !== undefined && id !== server)) return [];
      return listing.tools.filter(({ ref }) => router.isAllowed(ref) && !spec.tools.overrides.get(ref.tool)?.examples);
    });
  }

  /** Drafts for these tools, one after the other as they come; throws when the endpoint fails three times in a row. */
  async *draft(tools: readonly ToolDescriptor[], request: DraftRequest, signal: Signal): AsyncGenerator<Draft> {
    const settings = this.#endpoint(request);
    const [{ createChat }, { draftTool }] = await Promise.all([import("../../inference/chat.ts"), import("./draft-tool.ts")]);
    await using chat = createChat(settings);
    let failures = 0;
    for (const descriptor of tools.slice(0, request.limit)) {
      const { backend: server, tool } = descriptor.ref;
      const expired = () => new GatewayError("deadline_exceeded", `it did not answer within ${settings.timeoutMs} ms`);
      using deadline = linkDeadline(this.#parts.clock, settings.timeoutMs, signal, expired);
      try {
        yield { server, tool, examples: await draftTool(descriptor, chat, deadline.signal) };
        failures = 0;
      } catch (reason) {
        const error = GatewayError.from(reason, signal);
        failures += 1;
        if (signal.aborted) throw error;
        if (failures === MOST_FAILURES) throw unhelpful(settings, error);
        yield { server, tool, problem: error.message };
      }
    }
  }

  /** Adds examples to the registry file as it is now; what has examples keeps them. */
  async keep(file: string, drafts: readonly ToolExamples[]): Promise<ExamplesEdit> {
    const path = await realpath(file); // the file itself is replaced, and not a link to it
    const source = await readFile(path, "utf8");
    const edit = addExamples(source, drafts);
    if (!edit) throw new GatewayError("needs_config", `Cannot add examples to ${file}: it is invalid`);
    if (edit.added.length === 0) return edit;
    const { mode } = await stat(path);
    if ((await readFile(path, "utf8")) !== source) return await this.keep(file, drafts); // somebody saved it meanwhile
    await writeFileAtomically(path, edit.text, mode & 0o777);
    return edit;
  }

  #endpoint({ url, model }: DraftRequest): ModelEndpoint {
    const known = this.#parts.fleet.snapshot.settings.chat;
    const chosen = model ?? known?.model;
    if (url !== undefined) {
      const fault = urlFault(url, false);
      if (fault) throw new GatewayError("invalid_argument", `--url: expected ${fault.expected}, found ${fault.found}`);
      if (chosen === undefined)
        throw new GatewayError("invalid_argument", "--model: expected the name of a model, found nothing");
      return { url: new Secret(url), origin: new URL(url).origin, model: chosen, apiKey: undefined, timeoutMs: ANSWER_MS };
    }
    if (known && chosen !== undefined) return { ...known, model: chosen };
    throw new GatewayError("needs_config", "No model is named that could write examples", {
      hint: "Set search.chat in the registry, or give --url and --model",
    });
  }
}

const unhelpful = ({ origin, model }: ModelEndpoint, { message, code }: GatewayError): GatewayError =>
  new GatewayError(code, `${model} at ${origin} failed ${MOST_FAILURES} times in a row: ${message}`);
