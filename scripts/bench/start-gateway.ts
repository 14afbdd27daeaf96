import type { Scope } from "../../src/model/scope.ts";
import { sleep, systemClock } from "../../src/time/clock.ts";
import { initialize, install, spawnGateway } from "./gateway.ts";
import type { LineDriver } from "./line-driver.ts";
import { marksIn, type StartMarks, wallMs } from "./start-marks.ts";

const LOOK_AGAIN_MS = 20;
/** A server counts as paused as soon as its pausing has begun. */
const PAUSING_MS = 250;

/** A gateway whose servers are started over and over; the scope ends it. */
export class StartGateway {
  readonly #driver: LineDriver;
  #id = 1;

  private constructor(driver: LineDriver) {
    this.#driver = driver;
  }

  static async open(mcpServers: object, settings: object, scope: Scope): Promise<StartGateway> {
    const installation = install(mcpServers, settings);
    scope.defer(() => installation[Symbol.dispose]());
    const driver = scope.use(spawnGateway(installation));
    await initialize(driver);
    const gateway = new StartGateway(driver);
    await gateway.#call("list_servers", {}); // it has opened and read its files
    return gateway;
  }

  /** The call that finds the server stopped, and leaves it so. */
  async firstCall(server: string): Promise<StartMarks> {
    const marks = await this.#timed(server, () => Promise.resolve());
    await this.#stop(server);
    return marks;
  }

  /** The server runs: the time to stop it and start it again. */
  async stopAndCall(server: string): Promise<StartMarks> {
    await this.#echo(server);
    const marks = await this.#timed(server, () => this.#stop(server));
    await this.#stop(server);
    return marks;
  }

  /** The call that finds the server paused. */
  async pausedCall(server: string): Promise<StartMarks> {
    await this.#echo(server);
    while (!(await this.#call("status", { server })).includes("[paused]")) await sleep(systemClock, LOOK_AGAIN_MS);
    await sleep(systemClock, PAUSING_MS);
    const asked = wallMs();
    await this.#echo(server);
    return { asked, begun: asked, listening: asked, answered: asked, done: wallMs() };
  }

  async #timed(server: string, before: () => Promise<unknown>): Promise<StartMarks> {
    const asked = wallMs();
    await before();
    const answer = await this.#echo(server);
    return { asked, ...marksIn(answer), done: wallMs() };
  }

  #echo(server: string): Promise<string> {
    return this.#call("invoke", { tool: `${server}/echo`, arguments: { text: "x" } });
  }

  #stop(server: string): Promise<string> {
    return this.#call("manage", { action: "stop", server });
  }

  #call(name: string, args: object): Promise<string> {
    this.#id += 1;
    return this.#driver.request(this.#id, "tools/call", { name, arguments: args });
  }
}
