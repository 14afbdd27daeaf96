import * as z from "zod/mini";
import { GatewayError } from "../../src/model/errors.ts";
import type { RuntimeKind } from "../../src/model/ports.ts";

const transport = z.optional(z.enum(["stdio", "http", "sse"]));

/** Small stand-ins for the runtimes, with their keys and shapes; the options they parse are the fields they were given. */
export const fixtureKinds: readonly RuntimeKind[] = [
  {
    kind: "process",
    key: "command",
    shape: {
      command: z.string().check(z.minLength(1), z.describe("Program to run")),
      args: z.optional(z.array(z.string()).check(z.describe("Its arguments"))),
      cwd: z.optional(z.string().check(z.describe("Its directory"))),
      port: z.optional(z.int().check(z.minimum(1), z.maximum(65_535), z.describe("Its port"))),
      path: z.optional(z.string().check(z.startsWith("/"), z.describe("Its path"))),
    },
    expand: ["command", "args", "env", "cwd"],
    reserved: ["PORT"],
    parse: ({ fields }) => ({ options: fields, transport: transport.parse(fields["transport"]) ?? "stdio" }),
  },
  {
    kind: "remote",
    key: "url",
    shape: { url: z.string().check(z.minLength(1), z.describe("Address")) },
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
          image: z.string().check(z.regex(/^\w/, "expected an image name"), z.describe("Image")),
          transport: z.optional(z.enum(["stdio", "http"]).check(z.describe("How it speaks"))),
          args: z.optional(z.array(z.string()).check(z.describe("Arguments"))),
          volumes: z.optional(z.array(z.string().check(z.regex(/^\//, "an absolute path"))).check(z.describe("Volumes"))),
          port: z.optional(z.int().check(z.minimum(1), z.maximum(65_535), z.describe("Port"))),
        })
        .check(z.describe("A container")),
    },
    expand: ["container.args", "container.volumes"],
    reserved: ["PORT"],
    parse: ({ fields }) => ({
      options: fields,
      transport: z.object({ transport }).parse(fields["container"]).transport ?? "stdio",
    }),
  },
];
