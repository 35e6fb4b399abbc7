/**
 * Prints how often bytes stand in the memory of another process: PID, and the bytes in hexadecimal. A process of its own,
 * because whoever searches has them too.
 */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

const [pid, hex = ''] = process.argv.slice(2);
const wanted = Buffer.from(hex, 'hex');
const piece = Buffer.alloc(1024 * 1024);
const memory = openSync(`/proc/${pid}/mem`, 'r');
let count = 0;
for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
  const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
  if (from === undefined || to === undefined) continue;
  const end = Number.parseInt(to, 16);
  for (let at = Number.parseInt(from, 16); at < end; at += piece.length - wanted.length) {
    let read = 0;
    try {
      read = readSync(memory, piece, 0, Math.min(piece.length, end - at), at);
    } catch {
      break; // the kernel's own
    }
    const seen = piece.subarray(0, read);
    for (let found = seen.indexOf(wanted); found !== -1; found = seen.indexOf(wanted, found + 1)) count++;
  }
}
closeSync(memory);
console.log(count);
