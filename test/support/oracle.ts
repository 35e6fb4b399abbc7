import { JsonReader } from '#protocol/qga/reader.ts';
import { isBelow } from '#shared/files.ts';
import type { JsonObject, JsonValue } from '#shared/json/value.ts';
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
  'guest-file',
];

/** What may be asked for below a folder of the test's own: by name, and by what it names. */
const CONFINED: ReadonlyMap<string, (args: JsonObject, folder: string) => boolean> = new Map([
  ['guest-ping', () => true],
  ['guest-get-fsinfo', () => true],
  ['guest-file-open', (args, folder) => isBelow(folder, textOf(args.get('path')))],
  ...['read', 'write', 'seek', 'flush', 'close'].map((name) => [`guest-file-${name}`, () => true] as const),
  ['guest-exec', isConfinedProgram],
  ['guest-exec-status', () => true],
]);

/** Programs are the folder's own links and scripts; without a slash PATH must name nothing else. */
function isConfinedProgram(args: JsonObject, folder: string): boolean {
  const program = textOf(args.get('path'));
  if (program.includes('/')) return isBelow(folder, program);
  const env = args.get('env');
  const paths = Array.isArray(env) ? env.map(textOf).filter((text) => text.startsWith('PATH=')) : [];
  return (
    paths.length === 1 &&
    paths.every((text) =>
      text
        .slice(5)
        .split(':')
        .every((one) => isBelow(folder, one)),
    )
  );
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

/**
 * Sends requests about files and programs to the real qemu-ga on this machine: the files lie in `folder`, the programs
 * too. @throws for any other request, and for bytes that are not whole requests
 */
export async function askOracleBelow(folder: string, socket: string, bytes: Uint8Array | string): Promise<Buffer> {
  assertConfined(folder, bytes);
  return exchange(socket, bytes);
}

export function assertConfined(folder: string, bytes: Uint8Array | string): void {
  const events = new JsonReader().push(Buffer.from(bytes as string));
  for (const event of events) {
    const request = event.kind === 'value' && event.value instanceof Map ? (event.value as JsonObject) : undefined;
    const args = request?.get('arguments');
    const isAllowed = CONFINED.get(textOf(request?.get('execute')));
    if (!isAllowed?.(args instanceof Map ? (args as JsonObject) : new Map(), folder)) {
      throw new Error(`a test tried to send this to the real qemu-ga on this machine: ${bytes.toString()}`);
    }
  }
  if (events.length === 0) throw new Error('no request');
}

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
