/** A base address with the path of a method behind its own, without what it has of that already; a query stays behind both. */
export function withPath(base: string, path: string): URL {
  const url = new URL(base);
  const trimmed = url.pathname.replace(/\/+$/, "");
  const has = [path, "/api"].find((start) => path.startsWith(start) && trimmed.endsWith(start)) ?? ""; // Ollama's own base address ends in /api
  url.pathname = `${trimmed}${path.slice(has.length)}`;
  return url;
}
