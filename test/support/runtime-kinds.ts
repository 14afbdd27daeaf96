import { z } from "zod";
import { GatewayError } from "../../src/model/errors.ts";
import type { RuntimeKind } from "../../src/model/ports.ts";

const transport = z.enum(["stdio", "http", "sse"]).optional();

/** Small stand-ins for the runtimes, with their keys and shapes; the options they parse are the fields they were given. */
export const fixtureKinds: readonly RuntimeKind[] = [
  {
    kind: "process",
    key: "command",
    shape: {
      command: z.string().min(1).describe("Program to run"),
      args: z.array(z.string()).optional().describe("Its arguments"),
      cwd: z.string().optional().describe("Its directory"),
      port: z.int().min(1).max(65_535).optional().describe("Its port"),
      path: z.string().startsWith("/").optional().describe("Its path"),
    },
    expand: ["command", "args", "env", "cwd"],
    reserved: ["PORT"],
    parse: ({ fields }) => ({ options: fields, transport: transport.parse(fields["transport"]) ?? "stdio" }),
  },
  {
    kind: "remote",
    key: "url",
    shape: { url: z.string().min(1).describe("Address") },
    expand: ["url", "headers"],
    reserved: [],
    parse({ fields }) {
      const url = z.string().parse(fields["url"]);
      if (!URL.canParse(url))
        throw new GatewayError("invalid_argument", `url: expected an address, found ${url}`, { hint: `Mend ${url}` });
      return { options: fields, transport: transport.parse(fields["transport"]) ?? "http" };
    },
  },
  {
    kind: "container",
    key: "container",
    shape: {
      container: z
        .object({
          image: z.string().regex(/^\w/, "expected an image name").describe("Image"),
          transport: z.enum(["stdio", "http"]).optional().describe("How it speaks"),
          args: z.array(z.string()).optional().describe("Arguments"),
          volumes: z.array(z.string().regex(/^\//, "an absolute path")).optional().describe("Volumes"),
          port: z.int().min(1).max(65_535).optional().describe("Port"),
        })
        .describe("A container"),
    },
    expand: ["container.args", "container.volumes"],
    reserved: ["PORT"],
    parse: ({ fields }) => ({
      options: fields,
      transport: z.object({ transport }).parse(fields["container"]).transport ?? "stdio",
    }),
  },
];
