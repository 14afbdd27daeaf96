// @ts-check
// The floor of the stdio hop: gives every byte back and understands none.
process.stdin.on("data", (chunk) => process.stdout.write(chunk));
