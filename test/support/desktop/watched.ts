import assert from 'node:assert/strict';
import type { Selection } from '#protocol/ipc/messages/clipboard.ts';
import type { ClipboardListener, ClipboardPort, Provide } from '#session-agent/desktop/backend.ts';
import { x11 } from '#session-agent/desktop/x11/backend.ts';
import { parseDisplayName, XConnection } from '#session-agent/desktop/x11/connection.ts';
import { silent } from '#shared/log/log.ts';
import { until } from '#test/support/programs.ts';
import { startXvfb, type XServer } from './x-server.ts';

const never = new AbortController().signal;

/** An X server of the test's own, with our clipboard on it and what it tells. */
export interface Watched extends AsyncDisposable {
  readonly server: XServer;
  readonly env: XServer['env'];
  readonly clipboard: ClipboardPort;
  /** Of the clipboard as they are; of another selection with its name in front. */
  readonly events: string[];
  /** A connection of somebody else's, to look or to behave badly. */
  readonly x: XConnection;
  /** Window that owns the selection of this name; 0: none. */
  ownerOf(selection: string): Promise<number>;
}

export async function watchedDesktop(): Promise<Watched> {
  const server = await startXvfb();
  const desktop = await x11.open({ env: server.env, log: silent }, never);
  const x = await XConnection.open(parseDisplayName(server.env.DISPLAY ?? ''), server.env, silent, never);
  const { clipboard } = desktop;
  assert.ok(clipboard);
  const events: string[] = [];
  const listener: ClipboardListener = {
    took: (selection) => events.push(nameOf('took', selection)),
    copied: (selection, types) => events.push(nameOf(`copied ${types.join()}`, selection)),
    cleared: (selection) => events.push(nameOf('cleared', selection)),
  };
  clipboard.watch(listener);
  await until(() => events.length === clipboard.selections.length, 'the present owners');
  events.length = 0;
  return {
    server,
    env: server.env,
    clipboard,
    events,
    x,
    async ownerOf(selection) {
      const atoms = await x.atoms([selection]);
      return x.ask('owner', (client, done) => client.GetSelectionOwner(atoms[selection] ?? 0, done));
    },
    async [Symbol.asyncDispose]() {
      await x[Symbol.asyncDispose]();
      await desktop[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** A host that gives this whenever it is asked. */
export function give(content: Buffer | string | undefined): Provide {
  return async () => (content === undefined ? undefined : Buffer.from(content));
}

function nameOf(event: string, selection: Selection): string {
  return selection === 'clipboard' ? event : `${selection} ${event}`;
}
