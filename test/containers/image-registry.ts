import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EngineConnector } from "../../src/runtime/engine-connector.ts";
import { systemClock } from "../../src/time/clock.ts";
import { podman } from "./engine-suite.ts";

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

/** An image registry on loopback with one image in it, and a podman that trusts it. */
export interface ImageRegistry extends AsyncDisposable {
  /** The image's name in this registry, which no engine has yet. */
  readonly image: string;
  /** Address of a podman service that may pull from here without TLS. */
  readonly engine: string;
}

/** Serves a local image by the read half of the OCI distribution protocol. */
export async function openImageRegistry(localImage: string): Promise<ImageRegistry> {
  const dir = await mkdtemp(join(tmpdir(), "sp-oci-"));
  await podman("save", "--format", "oci-dir", "-o", join(dir, "image"), localImage);
  const server = createServer((request, response) => void serve(join(dir, "image"), request.url ?? "", response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const image = `${host}/sallyport-test/pulled:1`;
  const config = join(dir, "registries.conf");
  await writeFile(config, `[[registry]]\nlocation = "${host}"\ninsecure = true\n`);
  const env = { ...process.env, CONTAINERS_REGISTRIES_CONF: config };
  const machine = { env, home: dir, platform: process.platform };
  const engines = new EngineConnector({ clock: systemClock, runtimeDir: dir, preferred: "podman", machine });
  const { facts } = await engines.engine();
  return {
    image,
    engine: `unix://${facts.socketPath}`,
    async [Symbol.asyncDispose]() {
      await podman("rmi", "-f", image).catch(() => {}); // a test that failed may not have pulled it
      await engines[Symbol.asyncDispose]();
      server.closeAllConnections();
      server.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function serve(image: string, url: string, response: ServerResponse): Promise<void> {
  const [, kind, reference = ""] = /\/(manifests|blobs)\/([\w:.]+)$/.exec(url) ?? [];
  if (url === "/v2/") return void response.end("{}");
  const digest = reference.startsWith("sha256:") ? reference : await manifestDigest(image);
  const blob = await readFile(join(image, "blobs", digest.replace(":", "/"))).catch(() => undefined);
  if (kind === undefined || blob === undefined) return void response.writeHead(404).end("{}");
  const type = kind === "manifests" ? MANIFEST : "application/octet-stream";
  response.writeHead(200, { "content-type": type, "content-length": blob.length, "docker-content-digest": digest }).end(blob);
}

async function manifestDigest(image: string): Promise<string> {
  const { manifests } = JSON.parse(await readFile(join(image, "index.json"), "utf8")) as { manifests: { digest: string }[] };
  return manifests[0]?.digest ?? "";
}
