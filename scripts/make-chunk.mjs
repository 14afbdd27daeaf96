// Turns a module of the bundle into a chunk: a script that is one function, which src/launch/chunks.ts calls.
import { init, parse } from "es-module-lexer";

await init;

const STATIC = /^import\s*(?:(?<all>\*\s*as\s*[\w$]+)|(?<whole>[\w$]+)?,?(?:\{(?<names>[^}]*)\})?)\s*(?:from)?\s*"/;

/** What a chunk gets under these names would be out of reach. */
const RESERVED = /\b__(?:late|meta)\b|\b(?:var|let|const|function|class) require\b/;

/** The chunk for a module as esbuild writes it: imports become calls, exports what the function returns. */
export function makeChunk(written, name) {
  const module = inAscii(written);
  if (RESERVED.test(module)) throw new Error(`${name} uses a name that chunks have for something else`);
  const [imports, exports] = parse(module, name);
  let chunk = "";
  let at = 0;
  for (const found of [...imports].sort((a, b) => a.ss - b.ss)) {
    chunk += module.slice(at, found.ss) + callFor(module.slice(found.ss, found.se), found, name);
    at = found.se;
  }
  const rest = module.slice(at).replace(/export\{[^}]*\};(?=\s*(?:\/\*.*)?$)/s, "");
  if (exports.length > 0 && rest === module.slice(at)) throw new Error(`${name} has exports of a form that is not known`);
  for (const { n, ln } of exports) if (isAssignedAgain(ln, module)) throw new Error(`${name} changes its export ${n}`);
  const offered = exports.map(({ n, ln }) => (n === ln ? n : `${n}:${ln}`)).join(",");
  return `(function(require,__late,__meta){"use strict";${chunk}${rest}\nreturn{${offered}}})`;
}

/** esbuild leaves characters beyond ASCII in regular expressions alone, where an escape says the same; with them V8 reads all of it slower. */
const inAscii = (module) => module.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

const META = -2;
const AT_ONCE = -1;

function callFor(statement, { d, n }, name) {
  if (d === META) return "__meta";
  if (n === undefined) throw new Error(`${name} imports what only a running program knows: ${statement}`);
  if (d !== AT_ONCE) return `__late(${JSON.stringify(n)})`;
  const parts = STATIC.exec(statement)?.groups;
  if (!parts) throw new Error(`${name} has an import of a form that is not known: ${statement}`);
  const call = `require(${JSON.stringify(n)})`;
  const names = parts.names?.replace(/\s+as\s+/g, ":");
  if (parts.all) return `const ${parts.all.replace(/^\*\s*as\s*/, "")}=${call}`;
  if (parts.whole) return `const ${parts.whole}=${call}${names === undefined ? "" : `,{${names}}=${parts.whole}`}`;
  return names === undefined ? call : `const{${names}}=${call}`;
}

/** A chunk takes what others export when it is loaded, so nobody would see a later value. */
function isAssignedAgain(local, module) {
  const name = local.replaceAll("$", "\\$");
  const writes = new RegExp(`(?<![.#\\w$"'\`])${name}(?:=(?![=>])|[-+*/|&]=|\\+\\+|--|\\|\\|=|\\?\\?=|&&=)`, "g");
  const declares = new RegExp(`(?:function\\*? |class )${name}\\b`);
  return (module.match(writes)?.length ?? 0) + (declares.test(module) ? 1 : 0) > 1;
}
