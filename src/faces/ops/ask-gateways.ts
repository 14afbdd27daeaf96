import { request } from "node:http";
import { text } from "node:stream/consumers";
import type { GatewayStatus, ServerStatus } from "../../gateway/views.ts";
import { isJsonObject } from "../../model/json.ts";

/** How long a gateway is waited for: its sockets are on this machine. */
const PATIENCE_MS = 2_000;

/** What a running gateway tells of itself. */
export interface LiveGateway<Status> {
  readonly socket: string;
  readonly status: Status;
}

/** Asks every gateway behind these sockets how it is; those that do not answer are left out. */
export async function askGateways(sockets: readonly string[]): Promise<readonly LiveGateway<GatewayStatus>[]> {
  return await askAll<GatewayStatus>(sockets, "/status");
}

/** The same for one server of theirs; gateways that do not know it are left out. */
export async function askAboutServer(sockets: readonly string[], server: string): Promise<readonly LiveGateway<ServerStatus>[]> {
  return await askAll<ServerStatus>(sockets, `/status?${new URLSearchParams({ server })}`);
}

async function askAll<Status>(sockets: readonly string[], path: string): Promise<readonly LiveGateway<Status>[]> {
  const answers = await Promise.all(
    sockets.map(async (socket) => {
      const status = await get(socket, path).catch(() => undefined);
      return isJsonObject(status) ? [{ socket, status: status as unknown as Status }] : [];
    }),
  );
  return answers.flat();
}

const get = (socketPath: string, path: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, timeout: PATIENCE_MS }, (response) => {
      text(response)
        .then((body): unknown => (response.statusCode === 200 ? JSON.parse(body) : undefined))
        .then(resolve, reject);
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer")));
    asked.on("error", reject).end();
  });
