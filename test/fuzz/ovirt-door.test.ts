import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { formatMessage } from '#protocol/ovirt/message.ts';
import type { JsonValue, Printable } from '#shared/json/value.ts';
import { silent } from '#shared/log/log.ts';
import { OvirtDoor } from '#system-agent/ovirt/door.ts';
import { FakeChannel } from '#test/fakes/channel.ts';
import { fakePlatform } from '#test/fakes/platform.ts';
import { type Chance, cut, fuzz, mutate, pick } from '#test/support/fuzz.ts';
import { DEFAULT_OVIRT_OPTIONS } from '#test/support/ovirt/options.ts';
import { Vdsm } from '#test/support/ovirt/vdsm.ts';

const NAMES = [
  ...['refresh', 'api-version', 'echo', 'shutdown', 'login', 'lifecycle-event', 'hibernate', 'set-number-of-cpus'],
  ...['constructor', ''],
];
const MEMBERS = ['apiVersion', 'timeout', 'message', 'reboot', 'type', 'reply_id', 'count', 'state', '__proto__'];

function value(chance: Chance): Printable {
  const scalars: readonly JsonValue[] = [
    null,
    true,
    'before_migration',
    'True',
    '3',
    ' 7 ',
    '\u001b',
    -1n,
    3n,
    2n ** 70n,
    0.5,
    1e300,
  ];
  return chance(4) === 0 ? [pick(scalars, chance), new Map([['a', pick(scalars, chance)]])] : pick(scalars, chance);
}

function command(chance: Chance): Uint8Array {
  const members = Array.from({ length: chance(4) }, () => [pick(MEMBERS, chance), value(chance)]);
  const line = formatMessage(pick(NAMES, chance), Object.fromEntries(members));
  return chance(5) === 0 ? mutate(line, chance) : line;
}

mock.timers.enable({ apis: ['setInterval', 'setTimeout'] }); // doors of rounds that fail would beat on

fuzz('whatever a host says, it hears only what it understands, and may say more', (chance) => {
  const channel = new FakeChannel(3_000 + chance(5_000));
  const platform = fakePlatform();
  const door = new OvirtDoor({
    channel,
    ports: platform,
    gate: () => undefined,
    options: DEFAULT_OVIRT_OPTIONS,
    log: silent,
  });
  channel.open(door);
  const host = new Vdsm(() => {});
  const read = () => host.hear(Buffer.from(channel.drain(), 'latin1'));
  channel.connect();
  const said = Buffer.concat(Array.from({ length: chance(12) }, () => command(chance)));
  for (const part of cut(said, chance)) {
    if (channel.paused) read();
    channel.say(part);
    if (chance(20) === 0) {
      read();
      channel.disconnect();
      channel.connect();
    }
  }
  read();
  read();
  host.take();
  channel.say('\n{"__name__":"echo","n":1}\n');
  read();
  const echoes = host.take().filter(({ name }) => name === 'echo');
  // The line end may have finished an echo that was cut short.
  assert.deepEqual(echoes.at(-1), { name: 'echo', members: { n: 1 } });
  for (const { delaySeconds, message } of platform.plans) {
    assert.ok(delaySeconds >= 0 && delaySeconds <= 604_800);
    assert.match(message, /^\P{Cc}{1,1024}$/u);
  }
});
