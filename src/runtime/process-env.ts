const INHERITED = new Set(["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TERM", "TMPDIR", "TZ"]);
const INHERITED_PREFIXES = ["LC_", "XDG_"];

/**
 * The environment of a child: what a program needs to find itself and the user's files (PATH, HOME, USER, LOGNAME, SHELL,
 * LANG, LANGUAGE, LC_*, TERM, TMPDIR, TZ, XDG_*), and on top of it the entry's own variables. Nothing else is inherited:
 * tokens, proxies, agent sockets and NODE_OPTIONS of our own process are none of a backend's business.
 */
export function childEnvironment(ours: NodeJS.ProcessEnv, own: Readonly<Record<string, string>>): Record<string, string> {
  const inherited = Object.entries(ours).filter((entry): entry is [string, string] => isInherited(...entry));
  return { ...Object.fromEntries(inherited), ...own };
}

function isInherited(name: string, value: string | undefined): boolean {
  if (value === undefined || value.startsWith("()")) return false; // an exported shell function, which old shells would run
  return INHERITED.has(name) || INHERITED_PREFIXES.some((prefix) => name.startsWith(prefix));
}
