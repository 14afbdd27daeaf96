import { writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { JsonObject } from "../../src/model/json.ts";
import { Scope } from "../../src/model/scope.ts";
import { createGatewayHome } from "../../test/support/gateway-home.ts";
import { Backstage } from "./backstage.ts";
import { ROLES, registryOf, UrlBackend } from "./cast.ts";
import type { Edit, Fault } from "./fault-plan.ts";
import { Host } from "./host.ts";
import { readAnswer } from "./read-answer.ts";

const BROKEN_REGISTRY_MS = 300;
const REVIVE_AFTER_MS = 250;
const RECOVERY_MS = 30_000;
const RETRY_MS = 250;
const LEFTOVERS_MS = 10_000;

/** One gateway with the whole cast behind it, and whatever may happen to them. */
export class Play implements AsyncDisposable {
  readonly backstage: Backstage;
  readonly host: Host;
  readonly #scope: Scope;
  readonly #urls: ReadonlyMap<string, UrlBackend>;
  readonly #registryFile: string;
  readonly #marks = new Map<string, number>();
  #guest = true;

  private constructor(
    scope: Scope,
    backstage: Backstage,
    urls: ReadonlyMap<string, UrlBackend>,
    registryFile: string,
    host: Host,
  ) {
    this.#scope = scope;
    this.backstage = backstage;
    this.#urls = urls;
    this.#registryFile = registryFile;
    this.host = host;
  }

  /** Opens everything and starts every backend once; `probe` is a module to load beside the gateway. */
  static async open(onAnswer: (id: unknown, message: JsonObject) => void, probe?: string): Promise<Play> {
    await using opening = new Scope();
    const backstage = opening.use(await Backstage.open());
    const urls = new Map<string, UrlBackend>();
    for (const { name } of ROLES.filter(({ runs }) => runs === "url")) {
      const backend = opening.use(new UrlBackend(backstage.env(name)));
      await backend.start();
      urls.set(name, backend);
    }
    const home = opening.use(await createGatewayHome(registryOf(backstage, urls, true, new Map())));
    const host = new Host({ launch: home, probe, onAnswer });
    opening.defer(async () => void (await host.leave()));
    await host.begin();
    const play = new Play(opening.move(), backstage, urls, home.registryFile, host);
    await play.wakeAll();
    return play;
  }

  /** Makes one thing go wrong. Resolves at once; what it takes to get over it happens by itself. */
  strike(fault: Fault): void {
    switch (fault.kind) {
      case "kill":
        this.backstage.kill(fault.target);
        setTimeout(() => void this.#urls.get(fault.target)?.revive(), REVIVE_AFTER_MS);
        break;
      case "freeze":
        this.backstage.freeze(fault.target, fault.forMs);
        break;
      case "misbehave":
        this.backstage.order(fault.target, fault.how, fault.forMs);
        break;
      case "forget_sessions":
        this.backstage.order(fault.target, fault.kind, 0);
        break;
      case "restart":
        void this.#manage("restart", fault.target); // refused while the guest is away
        break;
      case "host_stalls":
        this.host.stall(fault.forMs);
        break;
      default:
        this.#edit(fault);
    }
  }

  /** Ends all faults, starts every backend on a person's word, and gives back the names of those that do not answer then. */
  async recover(): Promise<string[]> {
    this.backstage.thawAll();
    for (const { name } of ROLES) this.backstage.order(name, "well", 0);
    await pause(REVIVE_AFTER_MS + BROKEN_REGISTRY_MS);
    for (const backend of this.#urls.values()) await backend.revive();
    this.#guest = true;
    this.#writeRegistry();
    return await this.wakeAll();
  }

  /** Calls every backend until it answers; gives back the names of those that did not within 30 s. */
  async wakeAll(): Promise<string[]> {
    const awake = await Promise.all(ROLES.map(({ name }) => this.#wake(name)));
    return ROLES.filter((_, role) => !awake[role]).map(({ name }) => name);
  }

  /** The names of backends whose processes outlive the gateway that started them. */
  async leftovers(): Promise<string[]> {
    const children = ROLES.filter(({ runs }) => runs !== "url");
    const left = () => children.filter(({ name }) => this.backstage.alive(name) > 0).map(({ name }) => name);
    for (const until = performance.now() + LEFTOVERS_MS; left().length > 0 && performance.now() < until; ) await pause(RETRY_MS);
    return left();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scope[Symbol.asyncDispose]();
  }

  async #wake(name: string): Promise<boolean> {
    for (const until = performance.now() + RECOVERY_MS; performance.now() < until; await pause(RETRY_MS)) {
      const params = { name: "invoke", arguments: { tool: `${name}/read`, arguments: { text: "awake" } } };
      if (readAnswer(await this.host.ask("tools/call", params)).kind === "ok") return true;
      await this.#manage("start", name);
    }
    return false;
  }

  async #manage(action: string, server: string): Promise<void> {
    await this.host.ask("tools/call", { name: "manage", arguments: { action, server } });
  }

  #edit(fault: Edit): void {
    if (fault.kind === "break_registry") {
      void writeFile(this.#registryFile, '{ "mcpServers": { "calm-url": ');
      setTimeout(() => this.#writeRegistry(), BROKEN_REGISTRY_MS);
      return;
    }
    if (fault.kind === "change_entry") this.#marks.set(fault.target, (this.#marks.get(fault.target) ?? 0) + 1);
    else this.#guest = !this.#guest;
    this.#writeRegistry();
  }

  #writeRegistry(): void {
    void writeFile(this.#registryFile, JSON.stringify(registryOf(this.backstage, this.#urls, this.#guest, this.#marks)));
  }
}
