import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { product } from '../guest/agents.ts';
import { noGuests } from '../needs.ts';
import { until } from '../support/wait.ts';
import { tellsOnce } from './cases/case.ts';
import { FreezeLab } from './lab.ts';

const TIMEOUT_MS = 60_000;
const SOCKET = 'uga-freeze-guard.socket';
const PROGRAM = 'uga-freeze-guar'; // as the kernel cuts it
const PID_FILE = '/run/qemu-ga.pid';

describe('a guard without systemd', { skip: noGuests }, () => {
  let lab: FreezeLab;

  before(async () => {
    lab = await FreezeLab.start();
    lab.disconnect();
    await lab.run(`systemctl stop ${product.unit} ${SOCKET}`);
  });

  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  /** By its other name, from a shell. */
  async function start(): Promise<void> {
    await lab.run(`rm -f ${PID_FILE}; qemu-ga --daemonize --pidfile ${PID_FILE}`);
    await lab.connect();
  }

  it('thaws when the agent that started it is killed', async () => {
    await start();
    await lab.goesOn();
    await lab.freeze();
    await lab.standsStill();
    const guard = await lab.run(`pgrep -x ${PROGRAM}`);
    assert.match(guard, /^\d+$/);
    assert.equal(await lab.run(`ps -o sid= ${guard} | tr -d ' '`), guard); // a session of its own
    const due = await lab.at(`kill -9 $(cat ${PID_FILE})`);
    await lab.writesAfter(due);
    await lab.hasLostNothing();
    lab.disconnect();
    await start();
    assert.match(await tellsOnce(lab), /^thaw: error: the freeze ended early: the agent died; .*; once$/);
  });

  it('thaws when the lease ends, and goes', async () => {
    await lab.goesOn();
    await lab.freeze();
    await lab.standsStill();
    const due = await lab.lease(2);
    await lab.writesAfter(due);
    await lab.hasLostNothing();
    assert.match(await tellsOnce(lab), /^thaw: error: the freeze ended early: the lease has ended; .*; once$/);
    assert.equal(await lab.run(`pgrep -x ${PROGRAM} || true`), '');
  });

  it('is what uga doctor warns of', async () => {
    const line =
      /^note +freeze +a freeze ends after 600 s by itself, but its guard dies with .*start uga-freeze-guard\.socket$/m;
    // The doctor gives systemd a second to answer, which a busy machine does not always keep.
    await until(TIMEOUT_MS, 'the line about the guard', async () =>
      line.test(await lab.run('uga doctor || true')) ? true : undefined,
    );
  });
});
