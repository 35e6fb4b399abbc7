import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Run, RunResult } from '#shared/process/run.ts';
import { linuxPower } from '#system-agent/power/linux.ts';
import { refusingPower } from '#system-agent/power/refusing.ts';
import { FakeBus } from '#test/fakes/bus.ts';

function recorder(result: Partial<RunResult> = {}) {
  const calls: (readonly string[])[] = [];
  const run: Run = async (argv) => {
    calls.push(argv);
    return { status: 0, signal: undefined, output: '', ...result };
  };
  return { calls, run };
}

describe('power on Linux', () => {
  for (const [mode, flag] of [
    ['powerdown', '-P'],
    ['halt', '-H'],
    ['reboot', '-r'],
  ] as const) {
    it(`${mode} is shutdown ${flag}, which tells users why`, async () => {
      const { calls, run } = recorder();
      await linuxPower(run, () => true).shutdown(mode);
      assert.deepEqual(calls, [['/sbin/shutdown', '-h', flag, '--', '+0', 'hypervisor initiated shutdown']]);
    });
  }

  it('without shutdown the single-purpose tools do it', async () => {
    const { calls, run } = recorder();
    const power = linuxPower(run, (path) => path !== '/sbin/shutdown');
    await power.shutdown('powerdown');
    await power.shutdown('halt');
    await power.shutdown('reboot');
    assert.deepEqual(calls, [['/sbin/poweroff'], ['/sbin/halt'], ['/sbin/reboot']]);
  });

  it('a failure says what the tool said', async () => {
    const failing = (result: Partial<RunResult>) => linuxPower(recorder(result).run, () => true).shutdown('halt');
    await assert.rejects(failing({ status: 1, output: 'no\n' }), {
      message: 'child process has failed to shutdown: no',
    });
    await assert.rejects(failing({ status: 3 }), { message: 'child process has failed to shutdown: exit status 3' });
    await assert.rejects(failing({ status: undefined }), { message: 'child process has terminated abnormally' });
  });

  it('a plan keeps its message one argument and its delay in whole minutes, none shorter than said', async () => {
    const { calls, run } = recorder();
    const power = linuxPower(run, () => true);
    for (const delaySeconds of [0, 1, 60, 61]) {
      await power.schedule({ mode: 'reboot', delaySeconds, message: "-c 'now'; $(id)" });
    }
    assert.deepEqual(
      calls,
      ['+0', '+1', '+1', '+2'].map((time) => ['/sbin/shutdown', '-h', '-r', '--', time, "-c 'now'; $(id)"]),
    );
  });

  it('without shutdown a plan for now is carried out, and one with a delay is not', async () => {
    const { calls, run } = recorder();
    const power = linuxPower(run, () => false);
    await power.schedule({ mode: 'powerdown', delaySeconds: 0, message: 'x' });
    await assert.rejects(power.schedule({ mode: 'powerdown', delaySeconds: 30, message: 'x' }), {
      code: 'unsupported',
    });
    assert.deepEqual(calls, [['/sbin/poweroff']]);
  });

  it('the refusing port does nothing', async () => {
    await assert.rejects(refusingPower.schedule({ mode: 'reboot', delaySeconds: 0, message: '' }), { code: 'refused' });
    await assert.rejects(refusingPower.shutdown('powerdown'), { code: 'refused' });
  });
});

describe('a shutdown with a delay', () => {
  const NOW_US = () => BigInt(Date.now()) * 1000n;
  const plan = { mode: 'reboot', delaySeconds: 30, message: '-a message' } as const;

  it('is left to logind, which keeps it to the second', async () => {
    const { run, calls } = recorder();
    const bus = new FakeBus();
    bus.answer = () => [];
    const before = NOW_US();
    await linuxPower(run, () => true, bus).schedule(plan);
    const asked = bus.calls.map(({ member, signature, body }) => [member, signature, body?.[0]]);
    assert.deepEqual(asked, [
      ['SetWallMessage', 'sb', '-a message'],
      ['ScheduleShutdown', 'st', 'reboot'],
    ]);
    const at = bus.calls[1]?.body?.[1] as bigint;
    assert.ok(at >= before + 30_000_000n && at <= NOW_US() + 30_001_000n);
    assert.deepEqual(calls, []);
  });

  it('is for shutdown(8) where logind is not there, and so is one at once', async () => {
    const { run, calls } = recorder();
    const bus = new FakeBus();
    const power = linuxPower(run, () => true, bus);
    await power.schedule(plan);
    bus.answer = () => [];
    await power.schedule({ ...plan, delaySeconds: 0 });
    assert.deepEqual(
      calls.map((argv) => argv.slice(-2)),
      [
        ['+1', '-a message'],
        ['+0', '-a message'],
      ],
    );
  });
});
