import assert from 'node:assert/strict';
import { product } from '../../guest/agents.ts';
import type { FreezeLab } from '../lab.ts';
import { type Case, type Round, tells, tellsOnce } from './case.ts';

const CGROUPS = '/sys/fs/cgroup/system.slice';
const OURS = `${CGROUPS}/${product.unit}`;
const GUARD = `${CGROUPS}/uga-freeze-guard.service`;

/** @param kill shell text for the guest */
async function dies(lab: FreezeLab, kill: (pid: number) => string): Promise<Round> {
  const pid = await lab.pid();
  await lab.freeze();
  await lab.standsStill();
  const due = await lab.at(kill(pid));
  await lab.writesAfter(due);
  await lab.restarted(pid);
  return { due, told: await tellsOnce(lab) };
}

const killed: Case = {
  name: 'kill -9 of the daemon',
  times: 5,
  round: (lab) => dies(lab, (pid) => `kill -9 ${pid}`),
};

const groupKilled: Case = {
  name: "kill of the daemon's whole control group",
  quick: 1, // the new daemon needs ten seconds under emulation
  round: (lab) => dies(lab, () => `echo 1 >${OURS}/cgroup.kill`),
};

/** The limit of its group is set below what the daemon has. */
const noMemory: Case = {
  name: 'out of memory: the kernel kills the daemon',
  quick: 1,
  async round(lab) {
    const count = async () => Number(await lab.run("dmesg | grep -c 'Memory cgroup out of memory' || true"));
    const before = await count();
    const round = await dies(lab, () => `echo 4M >${OURS}/memory.max`);
    assert.ok((await count()) > before, 'the kernel has killed nothing for want of memory');
    return round;
  },
};

const guardKilled: Case = {
  name: 'kill of the guard',
  async round(lab) {
    await lab.freeze();
    await lab.standsStill();
    const due = await lab.at(`echo 1 >${GUARD}/cgroup.kill`);
    await lab.writesAfter(due);
    return { due, told: await tellsOnce(lab) };
  },
};

const restarted: Case = {
  name: 'systemctl restart, which waits for the thaw',
  quick: 1,
  async round(lab) {
    const pid = await lab.pid();
    await lab.freeze();
    await lab.run(`systemctl --no-block restart ${product.unit}`);
    await lab.standsStill();
    assert.deepEqual(await lab.host.ask('guest-ping'), { return: {} });
    assert.equal(await lab.pid(), pid);
    const due = await lab.now();
    const told = await tells(lab);
    await lab.restarted(pid);
    return { due, told: `${told}; then ${await tells(lab)}` };
  },
};

/** Of the processes on which a freeze depends. */
export const deaths: readonly Case[] = [killed, groupKilled, noMemory, guardKilled, restarted];
