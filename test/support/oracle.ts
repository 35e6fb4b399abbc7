import { exchange } from './raw-client.ts';

/**
 * Commands of the real qemu-ga that change the machine it runs on. The oracle runs on the machine that runs the tests,
 * so a request that contains one of these names, in whatever spelling, is never sent: it is a bug of the test.
 */
const FORBIDDEN = [
  'shutdown',
  'suspend',
  'set-time',
  'fsfreeze',
  'fstrim',
  'set-vcpus',
  'set-memory-blocks',
  'set-user-password',
  'ssh-add',
  'ssh-remove',
  'exec',
  'file-open',
  'file-write',
];

/** @throws for a request that could change the machine */
export function assertHarmless(bytes: Uint8Array | string): void {
  const text = Buffer.from(bytes as string).toString('latin1');
  // `\u0073hutdown` and the like: an escape could spell a name that the list does not see. `execute` is no command.
  const readable = text.replace(/\\u([0-9a-fA-F]{4})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const commands = readable.replace(/exec(ute|-oob)/g, '');
  const found = FORBIDDEN.find((name) => commands.includes(name));
  if (found !== undefined) throw new Error(`a test tried to send '${found}' to the real qemu-ga on this machine`);
}

/** Sends harmless bytes to the real qemu-ga and returns all it answers. */
export async function askOracle(socket: string, bytes: Uint8Array | string): Promise<Buffer> {
  assertHarmless(bytes);
  return exchange(socket, bytes);
}
