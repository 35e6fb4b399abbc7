import { MemoryLog } from '#shared/log/memory.ts';
import { OvirtDoor, type OvirtParts } from '#system-agent/ovirt/door.ts';
import { DEFAULT_OVIRT_OPTIONS } from '#system-agent/ovirt/options.ts';
import type { Console, OvirtPorts } from '#system-agent/ovirt/ports.ts';
import type { Word } from '#system-agent/sessions/console.ts';
import { FakeChannel } from '#test/fakes/channel.ts';
import { fakePlatform } from '#test/fakes/platform.ts';
import { Vdsm } from './vdsm.ts';

/** Who is at the machine, as the test tells it. */
export class ToldConsole implements Console {
  words: readonly Word[] = [];
  readonly listeners = new Set<(word: Word) => void>();

  onWord(listener: (word: Word) => void): Disposable {
    this.listeners.add(listener);
    return { [Symbol.dispose]: () => this.listeners.delete(listener) };
  }

  /** @param locked with a word of its own, which is no news of the user */
  tell(name: string, locked = false): void {
    const changes: Word[] = [{ word: 'active-user', name }, { word: locked ? 'session-lock' : 'session-unlock' }];
    this.words = changes;
    for (const word of changes) for (const listener of this.listeners) listener(word);
  }
}

/** A door, its channel and its host; the host hears when it is told to (`listen`). */
export async function ovirtRig(parts: Partial<OvirtParts> = {}, channel = new FakeChannel()) {
  const console = new ToldConsole();
  const platform = fakePlatform();
  const ports: Partial<OvirtPorts> = { ...platform, console };
  const log = new MemoryLog();
  const door = new OvirtDoor({
    channel,
    ports,
    gate: () => undefined,
    options: DEFAULT_OVIRT_OPTIONS,
    log,
    ...parts,
  });
  await door.start();
  const host = new Vdsm((line) => channel.say(line));
  return {
    channel,
    door,
    host,
    log,
    platform,
    console,
    /** The host reads what was sent, reports that take a turn included, and answers. @returns names, in order */
    async listen(): Promise<string[]> {
      await settled();
      host.hear(Buffer.from(channel.drain(), 'latin1'));
      await settled();
      host.hear(Buffer.from(channel.drain(), 'latin1'));
      return host.heard.map(({ name }) => name);
    },
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
