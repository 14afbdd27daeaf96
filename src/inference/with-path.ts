/** A base address with the path of a method behind its own, unless it has that already; a query stays behind both. */
export function withPath(base: string, path: string): URL {
  const url = new URL(base);
  const trimmed = url.pathname.replace(/\/+$/, "");
  if (!trimmed.endsWith(path)) url.pathname = `${trimmed}${path}`;
  return url;
}
