import type { Gateway } from "../../gateway/gateway.ts";
import type { ServeRequest } from "../serve-request.ts";

/** Shows a gateway's figures if the command line or the registry asks for it; what that takes is loaded only then. */
export async function openOps(
  gateway: Gateway,
  { metricsSocket, metricsPort }: Pick<ServeRequest, "metricsSocket" | "metricsPort">,
): Promise<AsyncDisposable | undefined> {
  const { settings } = gateway.ops;
  const wanted = { socket: metricsSocket ?? settings.socket, port: metricsPort ?? settings.port };
  if (wanted.socket === false && wanted.port === undefined) return undefined;
  const { serveOps } = await import("./serve-ops.ts");
  return await serveOps(gateway, wanted);
}
