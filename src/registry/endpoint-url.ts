import { isIPv4 } from "node:net";

/** Why an address is not one that a model may be asked at. */
export interface UrlFault {
  readonly expected: string;
  readonly found: string;
  readonly hint?: string | undefined;
}

/** What is wrong with the address of a model endpoint, without a word of it: it may hold a key. */
export function urlFault(url: string, allowHttp: boolean): UrlFault | undefined {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol !== "http:" && parsed?.protocol !== "https:") {
    const expected = "an http or https address such as http://127.0.0.1:11434";
    return { expected, found: parsed ? `${parsed.protocol}//` : "text that is no address" };
  }
  if (parsed.username !== "" || parsed.password !== "")
    return { expected: "an address without user and password", found: "one with them", hint: "Write the key as apiKey" };
  if (parsed.protocol === "https:" || allowHttp || isLoopback(parsed.hostname)) return undefined;
  const hint = "What is sent there can be read on the way; if the network is yours, set allowHttp to true beside the url";
  return { expected: "https, or an address of this machine", found: "http to another machine", hint };
}

const isLoopback = (host: string): boolean =>
  host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || (isIPv4(host) && host.startsWith("127."));
