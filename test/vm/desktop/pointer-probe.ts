/**
 * How quick the pointer of a guest is, seen from inside: it is the host that moves it, reads the virtual tablet from the
 * kernel and the pointer's place from X, by one clock.
 *
 *     node pointer-probe.js SOCKET      as root, with DISPLAY and XAUTHORITY of the session; an agent's vdagent channel
 *
 * Prints one line of JSON, PointerFigures.
 */
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import type { Pointer } from 'x11';
import { parseDisplayName, XConnection } from '#session-agent/desktop/x11/connection.ts';
import { AgentError, errnoOf } from '#shared/errors.ts';
import { silent } from '#shared/log/log.ts';
import { openPort } from '#test/support/vdagent-guests.ts';

export interface PointerFigures {
  /** Microseconds from a move's message until X has the pointer there, median. */
  readonly toX: number;
  /** Presses and moves a second until the kernel has them from the tablet, a few at a time. */
  readonly rate: number;
}

/** Agents start under emulation, on a machine that may be busy. */
const READY_MS = 120_000;
/** For what takes milliseconds. */
const STEP_MS = 10_000;
const MOVES = 300;
const BATCHES = 200;
/** The kernel keeps 64 events of a device for one reader; each of these states is three. */
const BATCH = 16;
const SIDE = 64;
const RECORD_BYTES = 24;
const EV_KEY = 1;
const TABLET = /Name="spice vdagent tablet"\n(?:.+\n)*?H: Handlers=.*(event\d+)/;

const [socket = ''] = process.argv.slice(2);
using port = await openPort(socket);
const { host } = port;
await reached(READY_MS, 'the agent', async () => host.heardCount > 0);
host.announce(true);
const { env } = process;
await using x = await XConnection.open(parseDisplayName(env.DISPLAY ?? ''), env, silent, new AbortController().signal);
const left = async () => (await x.ask<Pointer>('pointer', (client, done) => client.QueryPointer(x.root, done))).rootX;
const say = (at: number, buttons = 0) => host.send('mouse-state', { x: at, y: 300, buttons, displayId: 0 }, 'server');

// A session says where its displays are when it likes; what comes before that goes nowhere.
await reached(READY_MS, 'a move', async () => {
  for (const at of [400, 500]) {
    const before = await left();
    say(at);
    await sleep(100);
    if ((await left()) !== before) return true;
  }
  return false;
});
const figures: PointerFigures = { toX: await latency(), rate: await rate() };
process.stdout.write(`${JSON.stringify(figures)}\n`);
process.exit(0);

async function latency(): Promise<number> {
  const times: number[] = [];
  for (let move = 0; move < MOVES; move++) {
    const before = await left();
    const started = performance.now();
    say(move % 2 === 0 ? 600 : 200);
    await reached(STEP_MS, 'the next place', async () => (await left()) !== before);
    times.push(1000 * (performance.now() - started));
    // The rounded place of the original may be told in two steps.
    await sleep(2);
  }
  return times.sort((a, b) => a - b)[MOVES / 2] ?? Number.NaN;
}

async function rate(): Promise<number> {
  const [, event] = TABLET.exec(readFileSync('/proc/bus/input/devices', 'utf8')) ?? [];
  const device = openSync(`/dev/input/${event}`, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const started = performance.now();
    for (let batch = 0; batch < BATCHES; batch++) {
      for (let state = 0; state < BATCH; state++) say(100 + state, state % 2 === 0 ? SIDE : 0);
      let seen = 0;
      await reached(STEP_MS, 'all presses', async () => {
        seen += keysIn(device);
        return seen >= BATCH;
      });
    }
    return (1000 * BATCHES * BATCH) / (performance.now() - started);
  } finally {
    closeSync(device);
  }
}

/** Presses and releases that have come. Source: Linux, input.h, `struct input_event` on 64-bit systems */
function keysIn(device: number): number {
  const records = Buffer.alloc(64 * RECORD_BYTES);
  try {
    const count = readSync(device, records) / RECORD_BYTES;
    return Array.from({ length: count }, (_, at) => records.readUInt16LE(at * RECORD_BYTES + 16)).filter(
      (type) => type === EV_KEY,
    ).length;
  } catch (error) {
    if (errnoOf(error) === 'EAGAIN') return 0;
    throw error;
  }
}

/** @throws {AgentError} 'timeout' */
async function reached(timeoutMs: number, what: string, test: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + timeoutMs; !(await test()); await turn()) {
    if (Date.now() > deadline) throw new AgentError('timeout', `not within ${timeoutMs} ms: ${what}`);
  }
}
