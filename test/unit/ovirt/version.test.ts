import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonValue } from '#shared/json/value.ts';
import { VersionNegotiation } from '#system-agent/ovirt/version.ts';

/** The host's half: VDSM compares each announcement with what it holds. */
class Host {
  held = 0;

  constructor(readonly max: number) {}

  /** @returns what it says with `api-version`, if it says anything */
  hear(announced: number): bigint | undefined {
    const common = Math.min(announced, this.max);
    if (common === this.held) return undefined;
    this.held = common;
    return common === 0 ? undefined : BigInt(common);
  }
}

function beat(agent: VersionNegotiation, host: Host): void {
  const chosen = host.hear(agent.nextAnnouncement());
  if (chosen !== undefined) agent.hostChose(chosen);
}

describe('API version', () => {
  it('begins with 0 and announces 0 once, then 3', () => {
    const agent = new VersionNegotiation();
    assert.equal(agent.inForce, 0);
    assert.deepEqual([agent.nextAnnouncement(), agent.nextAnnouncement(), agent.nextAnnouncement()], [0, 3, 3]);
  });

  it("becomes what the host says, at most 3 and at least 0; what is no number is none of the host's words", () => {
    for (const [value, expected] of [
      [1n, 1],
      ['2', 2],
      [' +3 ', 3],
      [3.9, 3],
      [17n, 3],
      [10n ** 30n, 3],
    ] as const) {
      const agent = new VersionNegotiation();
      assert.equal(agent.hostChose(value), true, String(value));
      assert.equal(agent.inForce, expected);
    }
    const agent = new VersionNegotiation();
    agent.hostChose(2n);
    for (const value of [undefined, null, true, '', 'three', '3.5', '0x3', [3n], new Map()] as (
      | JsonValue
      | undefined
    )[]) {
      assert.equal(agent.hostChose(value), false, String(value));
    }
    assert.equal(agent.inForce, 2);
    assert.equal(agent.hostChose(-5n), true);
    assert.equal(agent.inForce, 0);
  });

  it('that is said again is no change', () => {
    const agent = new VersionNegotiation();
    assert.equal(agent.hostChose(0n), false);
    assert.equal(agent.hostChose(3n), true);
    assert.equal(agent.hostChose(3n), false);
    assert.equal(agent.hostChose(4n), false);
  });

  it('outlives the host, and each new one hears 0 once', () => {
    const agent = new VersionNegotiation();
    agent.nextAnnouncement();
    agent.hostChose(3n);
    agent.hostConnected();
    assert.equal(agent.inForce, 3);
    assert.deepEqual([agent.nextAnnouncement(), agent.nextAnnouncement()], [0, 3]);
  });

  it('falls to 0 with a host that has none, which then hears 0 once', () => {
    const agent = new VersionNegotiation();
    agent.nextAnnouncement();
    agent.hostChose(3n);
    agent.hostHasNone();
    assert.equal(agent.inForce, 0);
    assert.deepEqual([agent.nextAnnouncement(), agent.nextAnnouncement()], [0, 3]);
    agent.hostHasNone(); // at 0 already: no fall
    assert.equal(agent.nextAnnouncement(), 3);
  });

  it('is common two heartbeats after whatever has happened', () => {
    interface Pair {
      agent: VersionNegotiation;
      host: Host;
    }
    const happenings: Readonly<Record<string, (pair: Pair) => void>> = {
      heartbeat: ({ agent, host }) => beat(agent, host),
      'the agent restarts and the host does not notice': (pair) => {
        pair.agent = new VersionNegotiation();
      },
      'the host restarts': (pair) => {
        pair.host = new Host(pair.host.max);
        pair.agent.hostConnected();
      },
      'the guest migrates, and the source passes its version on': ({ agent }) => agent.hostConnected(),
      'refresh of the old kind': ({ agent }) => agent.hostHasNone(),
      'the host chooses 0': ({ agent }) => agent.hostChose(0n),
    };
    const names = Object.keys(happenings);
    const depth = 5;
    for (const max of [1, 2, 3]) {
      for (let course = 0; course < names.length ** depth; course++) {
        const pair: Pair = { agent: new VersionNegotiation(), host: new Host(max) };
        const story: string[] = [];
        for (let step = 0, rest = course; step < depth; step++, rest = Math.floor(rest / names.length)) {
          const name = names[rest % names.length] ?? '';
          story.push(name);
          happenings[name]?.(pair);
        }
        beat(pair.agent, pair.host);
        beat(pair.agent, pair.host);
        if (pair.host.held !== max || pair.agent.inForce !== max) {
          assert.fail(`host ${pair.host.held}, agent ${pair.agent.inForce} after: ${story.join(', ')}`);
        }
      }
    }
  });
});
