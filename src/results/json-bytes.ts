/** About how many bytes a value takes as JSON, keys included; stops counting soon above `limit`. Never deep, whatever the value. */
export function jsonBytes(value: unknown, limit: number): number {
  let bytes = 0;
  const waiting: unknown[] = [value];
  while (waiting.length > 0 && bytes <= limit) {
    const item = waiting.pop();
    if (typeof item === "string") bytes += Buffer.byteLength(item) + 3;
    else if (Array.isArray(item)) {
      bytes += 2;
      for (const part of item) waiting.push(part);
    } else if (typeof item === "object" && item !== null) {
      bytes += 2;
      for (const [key, part] of Object.entries(item)) {
        bytes += Buffer.byteLength(key) + 3;
        waiting.push(part);
      }
    } else bytes += String(item).length + 1;
  }
  return bytes;
}
