import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Selection } from '#protocol/ipc/messages/clipboard.ts';
import type { ClipboardListener, ClipboardPort, Desktop } from '#session-agent/desktop/backend.ts';
import { wayland } from '#session-agent/desktop/wayland/backend.ts';
import { silent } from '#shared/log/log.ts';
import { until } from '#test/support/programs.ts';
import { runClient } from './x-server.ts';

type Env = Readonly<Record<string, string>>;

/** A compositor of the test's own. */
export interface Compositor extends AsyncDisposable {
  readonly env: Env;
}

/** A compositor's desktop as we open it, and what its clipboard tells. */
export interface WatchedWayland extends AsyncDisposable {
  readonly desktop: Desktop;
  readonly clipboard: ClipboardPort;
  /** Of the clipboard as they are; of another selection with its name in front. */
  readonly events: string[];
}

export async function watchedWayland(env: Env): Promise<WatchedWayland> {
  const desktop = await wayland.open({ env, log: silent }, new AbortController().signal);
  const { clipboard } = desktop;
  assert.ok(clipboard, desktop.lacks.clipboard);
  const events: string[] = [];
  const named = (event: string, selection: Selection) => (selection === 'clipboard' ? event : `${selection} ${event}`);
  const listener: ClipboardListener = {
    took: (selection) => events.push(named('took', selection)),
    copied: (selection, types) => events.push(named(`copied ${types.join()}`, selection)),
    cleared: (selection) => events.push(named('cleared', selection)),
  };
  clipboard.watch(listener);
  return { desktop, clipboard, events, [Symbol.asyncDispose]: () => desktop[Symbol.asyncDispose]() };
}

const primaryOption = (selection: Selection) => (selection === 'primary' ? ['--primary'] : []);

/** What wl-paste gets. @throws when there is nothing of this type */
export function wlPaste(env: Env, type = 'text/plain;charset=utf-8', selection: Selection = 'clipboard') {
  return runClient(env, ['wl-paste', '--no-newline', '--type', type, ...primaryOption(selection)], {
    timeoutMs: 30_000,
  });
}

/** An application that has copied, until it is disposed of or somebody else copies. */
export class WlCopying implements AsyncDisposable {
  readonly #child: ReturnType<typeof spawn>;

  constructor(env: Env, content: Buffer | string, type = 'text/plain', selection: Selection = 'clipboard') {
    const args = ['--foreground', '--type', type, ...primaryOption(selection)];
    this.#child = spawn('wl-copy', args, { env, stdio: ['pipe', 'ignore', 'ignore'] });
    this.#child.stdin?.on('error', () => {});
    this.#child.stdin?.end(content);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

/** Waits for an event, and forgets those up to it. */
export async function heard(events: string[], event: string): Promise<void> {
  await until(() => events.includes(event), event);
  events.splice(0, events.indexOf(event) + 1);
}
