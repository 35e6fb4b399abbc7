import { EXIT } from '#host/cli/exit.ts';
import { Live, timeOfDay } from '#host/cli/live.ts';
import { DEFAULT_MAX_CLIPBOARD, type Heard, type VdagentClient } from '#host/vdagent/client.ts';
import type { ClipboardType, Selection } from '#protocol/vdagent/messages/clipboard.ts';
import type { Io } from '#shared/cli/io.ts';
import { plainLines } from '#shared/cli/plain.ts';
import { AgentError } from '#shared/errors.ts';
import { formatJson } from '#shared/json/format.ts';
import { readAll } from '../stdin.ts';

export interface ClipboardOptions {
  readonly selection: Selection;
  readonly type: ClipboardType;
  /** Bytes as they are, even on a terminal. */
  readonly raw: boolean;
  readonly once: boolean;
  /** The client outlives the command and goes on serving what it offers. */
  readonly stays?: boolean | undefined;
  readonly forMs: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Prints what was copied in the guest. @throws as VdagentClient.read */
export async function get(client: VdagentClient, io: Io, options: ClipboardOptions): Promise<number> {
  const { selection, type, raw, signal } = options;
  const data = await client.read(selection, type, { signal });
  if (raw || io.stdout.isTTY !== true) io.stdout.write(data);
  else if (type === 'text') io.stdout.write(`${plainLines(data.toString('utf8'))}\n`);
  else io.stdout.write(`${type}, ${data.length} bytes; shown as they are with --raw or to a pipe\n`);
  return EXIT.ok;
}

/**
 * Offers `word`, or standard input for '-', and serves the guest's requests: until the first one with `once`, until the
 * guest copies something of its own, or for the time given.
 */
export async function set(client: VdagentClient, io: Io, word: string, options: ClipboardOptions): Promise<number> {
  const { selection, type, once, stays, forMs, signal } = options;
  const data = word === '-' && !stays ? await readAll(io.stdin, DEFAULT_MAX_CLIPBOARD) : Buffer.from(word);
  const over = new AbortController();
  using live = new Live(io);
  let isServed = false;
  using _ = client.listen((heard) => {
    if (!('fields' in heard) || !('selection' in heard.fields) || heard.fields.selection !== selection) return;
    if (heard.name === 'clipboard-request' && heard.fields.type === type) {
      isServed = true;
      if (once) over.abort();
    }
    if (heard.name === 'clipboard-grab') over.abort();
  });
  await client.offer(selection, new Map([[type, data]]), { signal });
  io.stderr.write(`${selection}: offered to the guest\n`);
  if (stays) return EXIT.ok;
  await live.run(client.end(), { forMs, over: over.signal });
  if (isServed) await client.flush({ signal });
  if (once && !isServed) throw new AgentError('timeout', `the guest did not ask for the ${selection}`);
  return EXIT.ok;
}

/** Shows who takes a selection and who gives it up, until the time is over. */
export async function watch(client: VdagentClient, io: Io, { forMs, signal }: ClipboardOptions): Promise<number> {
  using live = new Live(io);
  using _ = client.listen((heard) => {
    const event = describe(heard);
    if (event === undefined) return undefined;
    return live.show(io.stdout.isTTY ? `${timeOfDay()}  ${event.words}` : formatJson(event.value));
  });
  await client.ready(['clipboard-by-demand'], { signal });
  await live.run(client.end(), { forMs, over: signal });
  return EXIT.ok;
}

/** An event of the clipboard as words that are safe for a terminal, and as JSON; undefined for any other event. */
export function describe(heard: Heard) {
  switch (heard.name) {
    case 'clipboard-grab': {
      const { selection, types } = heard.fields;
      return {
        words: `${selection}: copied in the guest (${types.join(', ')})`,
        value: { event: 'grab', selection, types },
      };
    }
    case 'clipboard-release': {
      const { selection } = heard.fields;
      return { words: `${selection}: given up by the guest`, value: { event: 'release', selection } };
    }
    case 'clipboard-request': {
      const { selection, type } = heard.fields;
      return { words: `${selection}: pasted in the guest (${type})`, value: { event: 'request', selection, type } };
    }
    default:
      return undefined;
  }
}
