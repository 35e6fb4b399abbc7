import { MemoryLog } from '#shared/log/memory.ts';
import { OvirtDoor, type OvirtParts } from '#system-agent/ovirt/door.ts';
import { DEFAULT_OVIRT_OPTIONS } from '#system-agent/ovirt/options.ts';
import type { OvirtPorts } from '#system-agent/ovirt/ports.ts';
import type { Session, Sessions, SessionsSnapshot } from '#system-agent/sessions/sessions.ts';
import { FakeChannel } from '#test/fakes/channel.ts';
import { fakePlatform } from '#test/fakes/platform.ts';
import { Vdsm } from './vdsm.ts';

/** Sessions as the test tells them. */
export class ToldSessions implements Sessions {
  snapshot: SessionsSnapshot = { sessions: [], source: 'logind' };
  readonly listeners = new Set<Parameters<Sessions['onChange']>[0]>();

  onChange(listener: Parameters<Sessions['onChange']>[0]): Disposable {
    this.listeners.add(listener);
    return { [Symbol.dispose]: () => this.listeners.delete(listener) };
  }

  lookup(): undefined {
    return undefined;
  }

  tell(...sessions: readonly Session[]): void {
    const before = this.snapshot;
    this.snapshot = { ...before, sessions };
    for (const listener of [...this.listeners]) listener(this.snapshot, before);
  }
}

export function session(user: string, changes: Partial<Session> = {}): Session {
  return {
    id: '1',
    uid: 1000,
    user,
    class: 'user',
    type: 'wayland',
    seat: 'seat0',
    active: true,
    locked: false,
    state: 'active',
    ...changes,
  };
}

/** A door, its channel and its host; the host hears when it is told to (`listen`). */
export async function ovirtRig(parts: Partial<OvirtParts> = {}, channel = new FakeChannel()) {
  const sessions = new ToldSessions();
  const platform = fakePlatform();
  const ports: Partial<OvirtPorts> = { ...platform, sessions };
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
    sessions,
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
