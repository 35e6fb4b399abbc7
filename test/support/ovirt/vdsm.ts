import assert from 'node:assert/strict';
import { formatMessage, type OvirtMessage, OvirtReader } from '#protocol/ovirt/message.ts';
import type { Printable } from '#shared/json/value.ts';
import { asJson } from '#test/support/golden.ts';
import { checkMessage } from './required.ts';

/** A message as a test compares it. */
export interface Heard {
  readonly name: string;
  readonly members: Readonly<Record<string, unknown>>;
}

/**
 * The host's end as VDSM plays it: negotiates the version with each heartbeat, and takes no message that VDSM's own
 * reader would stumble over. Source: VDSM lib/vdsm/virt/guestagent.py.
 */
export class Vdsm {
  /** The version in force as this host sees it. */
  version = 0;
  readonly heard: Heard[] = [];
  readonly #reader = new OvirtReader('guest');

  constructor(
    private readonly send: (line: Buffer) => void,
    readonly maxVersion = 3,
  ) {}

  say(name: string, members: Readonly<Record<string, Printable>> = {}): void {
    this.send(formatMessage(name, members));
  }

  /** What VDSM says as soon as it is connected. */
  refresh(): void {
    this.say('refresh', { apiVersion: this.maxVersion });
  }

  hear(bytes: Uint8Array): void {
    for (const event of this.#reader.push(bytes)) {
      assert.ok(event.kind === 'message', JSON.stringify(event));
      checkMessage(event.message);
      this.heard.push({ name: event.message.name, members: membersOf(event.message) });
      if (event.message.name === 'heartbeat') this.#negotiate(Number(event.message.members.get('apiVersion') ?? 0));
    }
  }

  /** What was heard since the last time. */
  take(): Heard[] {
    return this.heard.splice(0);
  }

  #negotiate(announced: number): void {
    const common = Math.min(Math.max(announced, 0), this.maxVersion);
    if (common === this.version) return;
    this.version = common;
    if (common !== 0) this.say('api-version', { apiVersion: common });
  }
}

export function membersOf({ members }: OvirtMessage): Record<string, unknown> {
  return Object.fromEntries([...members].map(([name, value]) => [name, asJson(value)]));
}
