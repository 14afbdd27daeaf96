// @ts-check
// Big answers, made once and then only copied: a backend that works on each of them would be what is measured.

const PROSE =
  'She said "naïve — 日本語"\n\tand looked into C:\\temp\\new; the rest of the line is as plain as prose mostly is.\n';
/** @type {Map<string, Buffer>} */
const BLOCKS = new Map();

/**
 * The answer to a call that asks for so many `bytes` of a `kind` of block, or undefined for every other message.
 * @param {{ id?: string | number, params?: Record<string, any> }} message
 * @returns {Buffer | undefined}
 */
export function payloadAnswer({ id, params = {} }) {
  const { bytes, kind = "text" } = params["arguments"] ?? {};
  if (bytes === undefined) return undefined;
  const block = BLOCKS.get(`${kind} ${bytes}`) ?? blockOf(kind, bytes);
  BLOCKS.set(`${kind} ${bytes}`, block);
  const head = Buffer.from(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"content":[`);
  return Buffer.concat([head, block, TAIL]);
}

const TAIL = Buffer.from("]}}");

/**
 * A block as JSON, whose text or data takes so many bytes of it.
 * @param {string} kind
 * @param {number} bytes
 */
function blockOf(kind, bytes) {
  if (kind === "image")
    return Buffer.from(JSON.stringify({ type: "image", mimeType: "image/png", data: base64(bytes - (bytes % 4)) }));
  const unit = Buffer.from(JSON.stringify(PROSE)).subarray(1, -1);
  const times = Math.floor((bytes - 2) / unit.length);
  const text = Buffer.concat([...Array.from({ length: times }, () => unit), Buffer.alloc(bytes - 2 - times * unit.length, "x")]);
  return Buffer.concat([Buffer.from('{"type":"text","text":"'), text, Buffer.from('"}')]);
}

/** @param {number} digits */
function base64(digits) {
  const bytes = Buffer.alloc((digits / 4) * 3);
  let state = 1;
  for (let at = 0; at < bytes.length; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff; // the same picture in each run
    bytes[at] = state >> 16;
  }
  return bytes.toString("base64");
}
