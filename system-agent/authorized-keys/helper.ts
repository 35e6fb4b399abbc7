import type { Readable } from 'node:stream';
import type { Io } from '#shared/cli/io.ts';
import { AgentError, messageOf } from '#shared/errors.ts';
import { KeysFile } from './keys-file.ts';
import { keysIn, withKeys, withoutKeys } from './lines.ts';
import { type KeysAnswer, type KeysRequest, MAX_FILE, MAX_MESSAGE } from './wire.ts';

/**
 * A face of the program that is not for people: the daemon starts it as the user whose keys it is about. It reads one
 * request, answers, and ends. What it could be talked into, the user can do without it.
 *
 * @returns 0 when there is an answer, also one that says why not
 */
export async function run(_argv: readonly string[], io: Io): Promise<number> {
  process.umask(0o077);
  const answer = answerTo(JSON.parse(await readAll(io.stdin)) as KeysRequest);
  io.stdout.write(JSON.stringify(answer));
  return 0;
}

function answerTo({ uid, home, action, keys }: KeysRequest): KeysAnswer {
  try {
    if (process.geteuid?.() !== uid || process.getuid?.() !== uid) {
      throw new AgentError('refused', 'the helper for keys does not run as their user');
    }
    return { keys: act(new KeysFile(home, uid), action, keys.map(toBytes)).map(toText) };
  } catch (error) {
    return { error: messageOf(error) };
  }
}

function act(file: KeysFile, action: KeysRequest['action'], keys: readonly string[]): readonly string[] {
  switch (action) {
    case 'list':
      return keysIn(file.read());
    case 'add':
      write(file, withKeys(file.readIfThere(), keys));
      return [];
    case 'reset':
      write(file, withKeys(undefined, keys));
      return [];
    case 'remove': {
      const content = file.readIfThere();
      if (content !== undefined) write(file, withoutKeys(content, keys));
      return [];
    }
  }
}

function write(file: KeysFile, content: string): void {
  if (content.length > MAX_FILE) throw new AgentError('refused', `the keys would be more than ${MAX_FILE} bytes`);
  file.write(content);
}

const toBytes = (text: string) => Buffer.from(text, 'utf8').toString('latin1');
const toText = (bytes: string) => Buffer.from(bytes, 'latin1').toString('utf8');

async function readAll(input: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_MESSAGE) throw new AgentError('malformed', 'a request that is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
