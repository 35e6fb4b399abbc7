import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JsonReader } from '#protocol/qga/reader.ts';
import { AgentError } from '#shared/errors.ts';
import { formatJson } from '#shared/json/format.ts';
import { silent } from '#shared/log/log.ts';
import type { Mount } from '#system-agent/mounts/mounts.ts';
import type { Platform } from '#system-agent/platform.ts';
import { commands } from '#system-agent/qga/commands/index.ts';
import { Dispatcher } from '#system-agent/qga/dispatcher.ts';
import { fakePlatform } from '#test/fakes/platform.ts';

async function ask(platform: Partial<Platform>, execute: string, args = '{}'): Promise<string> {
  const dispatcher = new Dispatcher(commands, platform, () => undefined, silent);
  const [event] = new JsonReader().push(Buffer.from(`{"execute":"${execute}","arguments":${args}}`));
  assert.equal(event?.kind, 'value');
  const { reply } = await dispatcher.answer(event.value);
  return reply === undefined ? '' : formatJson(reply);
}

const mount = (mountPoint: string, minor: number): Mount => ({
  mountPoint,
  path: Buffer.from(mountPoint),
  type: 'ext4',
  major: 8,
  minor,
});
const mounts = {
  ...fakePlatform().mounts,
  list: () => [mount('/', 1), mount('/data', 2)],
};

describe('commands of the inventory', () => {
  it('guest-get-fsinfo: the latest mount first, members that cannot be told are absent, no PCI is -1', async () => {
    const size = { used: 1n, total: 2n, privilegedTotal: 18446744073709551615n };
    const platform: Platform = {
      ...fakePlatform(),
      mounts: { ...mounts, sizeOf: async ({ mountPoint }) => (mountPoint === '/' ? size : undefined) },
      disks: {
        ...fakePlatform().disks,
        under: ({ minor }) => ({
          name: `sda${minor}`,
          disks:
            minor === 1
              ? []
              : [
                  {
                    pci: undefined,
                    busType: 'unknown',
                    bus: 0,
                    target: 0,
                    unit: 0,
                    serial: 'S',
                    device: '/dev/sda2',
                    ccw: undefined,
                  },
                ],
        }),
      },
    };
    const disk =
      '{"pci-controller": {"domain": -1, "bus": -1, "slot": -1, "function": -1}, "bus-type": "unknown", "bus": 0, "target": 0, "unit": 0, "serial": "S", "dev": "/dev/sda2"}';
    assert.equal(
      await ask(platform, 'guest-get-fsinfo'),
      `{"return": [{"name": "sda2", "mountpoint": "/data", "type": "ext4", "disk": [${disk}]}, ` +
        '{"name": "sda1", "mountpoint": "/", "type": "ext4", "disk": [], "used-bytes": 1, "total-bytes": 2, ' +
        '"total-bytes-privileged": 18446744073709551615}]}',
    );
  });

  it('guest-fstrim: one that cannot is an entry, and the minimum goes through', async () => {
    const asked: [string, bigint][] = [];
    const platform: Platform = {
      ...fakePlatform(),
      mounts,
      trimmer: {
        async trim({ mountPoint }, minimum) {
          asked.push([mountPoint, minimum]);
          if (mountPoint === '/') throw new AgentError('unsupported', 'trim not supported');
          return { trimmed: 5n, minimum: 4096n };
        },
      },
    };
    assert.equal(
      await ask(platform, 'guest-fstrim', '{"minimum":-1}'),
      '{"return": {"paths": [{"path": "/data", "trimmed": 5, "minimum": 4096}, {"path": "/", "error": "trim not supported"}]}}',
    );
    assert.deepEqual(asked, [
      ['/', 2n ** 64n - 1n],
      ['/data', 2n ** 64n - 1n],
    ]);
  });

  it('guest-set-vcpus: the number done, an error only if it was the first, nothing done for bad arguments', async () => {
    const done: bigint[] = [];
    const platform: Platform = {
      ...fakePlatform(),
      cpuSwitch: {
        async setOnline(id) {
          if (id > 1n) throw new AgentError('not-found', `no ${id}`);
          done.push(id);
        },
      },
    };
    const cpu = (id: number) => `{"logical-id":${id},"online":true}`;
    const set = (...vcpus: string[]) => ask(platform, 'guest-set-vcpus', `{"vcpus":[${vcpus.join()}]}`);
    assert.equal(await set(), '{"return": 0}');
    assert.equal(await set(cpu(0), cpu(1), cpu(9), cpu(0)), '{"return": 2}');
    assert.equal(await set(cpu(9), cpu(0)), '{"error": {"class": "GenericError", "desc": "no 9"}}');
    assert.match(await set(cpu(0), '{"logical-id":1}'), /Parameter 'vcpus\[1\]\.online' is missing/);
    assert.match(await set(...Array.from({ length: 9000 }, () => cpu(0))), /has more than 8192 items/);
    assert.deepEqual(done, [0n, 1n]);
  });

  it('guest-set-memory-blocks: an entry for each, whatever happens', async () => {
    const platform: Platform = {
      ...fakePlatform(),
      memorySwitch: {
        setOnline: async (index) =>
          index === 0n ? { outcome: 'success' } : { outcome: 'operation-failed', errno: 16 },
      },
    };
    assert.equal(
      await ask(
        platform,
        'guest-set-memory-blocks',
        '{"mem-blks":[{"phys-index":-1,"online":false},{"phys-index":0,"online":true}]}',
      ),
      '{"return": [{"phys-index": 18446744073709551615, "response": "operation-failed", "error-code": 16}, ' +
        '{"phys-index": 0, "response": "success"}]}',
    );
    const bad = await ask(platform, 'guest-set-memory-blocks', '{"mem-blks":[{"phys-index":1.5,"online":true}]}');
    assert.match(bad, /Parameter 'mem-blks\[0\]\.phys-index' expects uint64/);
  });

  it('sleep is not answered when it has come about, and with an error when not', async () => {
    const modes: string[] = [];
    const platform: Platform = {
      ...fakePlatform(),
      sleep: {
        async sleep(mode) {
          modes.push(mode);
          if (mode === 'hybrid') throw new AgentError('unsupported', 'cannot');
        },
      },
    };
    for (const mode of ['disk', 'ram']) assert.equal(await ask(platform, `guest-suspend-${mode}`), '');
    assert.match(await ask(platform, 'guest-suspend-hybrid'), /"desc": "cannot"/);
    assert.deepEqual(modes, ['disk', 'ram', 'hybrid']);
  });

  it('what a kernel cannot is not there', async () => {
    const { sleep: _, memoryBlocks: _blocks, memorySwitch: _switch, ...platform } = fakePlatform();
    for (const command of ['guest-suspend-ram', 'guest-get-memory-blocks', 'guest-set-memory-blocks']) {
      assert.match(await ask(platform, command), /CommandNotFound/, command);
    }
  });
});
