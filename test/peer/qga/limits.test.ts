import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import path from 'node:path';
import { after, beforeEach, describe, it, type TestContext } from 'node:test';
import { type RunningAgent, startAgentThrough, startConfinedAgent, startSystemAgent } from '#test/support/agents.ts';
import { childrenOf, openDescriptors, residentKib } from '#test/support/processes.ts';
import { temporaryFolder, until, without } from '#test/support/programs.ts';
import { type Answer, b64, play, prepare } from '#test/support/qga/scenario.ts';
import { RawClient } from '#test/support/raw-client.ts';

const own = temporaryFolder();
const folder = path.join(own.path, 'below');
beforeEach(() => prepare(folder));
after(() => own[Symbol.dispose]());

const MEBIBYTE = 1 << 20;
const open = ['guest-file-open', { path: '@/fourteen' }] as const;
const run = ['guest-exec', { path: '@/bin/true', 'capture-output': true }] as const;
const desc = (answer: Answer | undefined) => answer?.error?.desc ?? '';

describe('an agent that is out of descriptors', { skip: without('prlimit') }, () => {
  const DESCRIPTORS = 64;

  it('says so for files and programs, keeps answering, and is well again when they are given back', async () => {
    await using agent = await startAgentThrough(['prlimit', `--nofile=${DESCRIPTORS}`], `below:${folder}`);
    const fill = Array.from({ length: DESCRIPTORS }, () => open);
    const answers = await play(agent.socket, folder, [...fill, run, ['guest-ping'], ['guest-get-fsinfo']]);
    const opened = answers.slice(0, DESCRIPTORS);
    const count = opened.filter(({ error }) => error === undefined).length;
    assert.ok(count > 0 && count < DESCRIPTORS, `${count} files`);
    // Which step finds none left depends on the one or two that come free between requests.
    assert.match(desc(opened.at(-1)), /: Too many open files$/);
    const [program, ping, mounts] = answers.slice(DESCRIPTORS);
    assert.match(desc(program), /Too many open files/);
    assert.deepEqual(ping, { return: {} });
    if (mounts?.error !== undefined) assert.match(desc(mounts), /too many open files/i); // it needs one at a time
    // The next host may not be let in before there is room: it waits, or is sent away when its own descriptor was the last.
    const held = await Promise.all(Array.from({ length: 4 }, () => connect(path.join(agent.folder, 'control.sock'))));
    using early = await RawClient.connect(agent.socket);
    early.send('{"execute":"guest-ping"}');
    for (const socket of held) socket.destroy();
    const served = await early.lines(1).catch(() => []);
    early[Symbol.dispose]();
    if (served.length === 0) {
      using late = await RawClient.connect(agent.socket);
      late.send('{"execute":"guest-ping"}');
      assert.deepEqual(await late.lines(1), ['{"return": {}}']);
    } else assert.deepEqual(served, ['{"return": {}}']);
    const close = Array.from({ length: 64 }, (_, at) => ['guest-file-close', { handle: 1000 + at }] as const);
    await play(agent.socket, folder, close);
    const [ended, again] = (await play(agent.socket, folder, [run, ['until', { pid: '$1' }], open])).slice(1);
    assert.deepEqual(ended, { return: { exited: true, exitcode: 0 } });
    assert.equal(again?.error, undefined);
    assert.deepEqual(childrenOf(agent.program.pid), []);
  });
});

describe('thousands', () => {
  const [USERS, PAIRS, DOUBLINGS] = [20_000, 1_500, 12];

  it('of mounts, interfaces and users are told whole, in bounded time and memory', {
    skip: process.getuid?.() !== 0 ? 'namespaces need root' : without('unshare') || without('ip'),
  }, async (test) => {
    writeFileSync(
      path.join(folder, 'utmp'),
      Buffer.concat(Array.from({ length: USERS }, (_, at) => login(`user${at}`))),
    );
    const links = Array.from({ length: PAIRS }, (_, at) => `link add a${at} type veth peer name b${at}\n`);
    writeFileSync(path.join(folder, 'links'), links.join(''));
    mkdirSync(path.join(folder, 'm'));
    await using plain = await startSystemAgent();
    await using agent = await startAgentThrough(
      ['unshare', '--mount', '--net', 'sh', '-ec', NAMESPACES, 'sh', folder, `${DOUBLINGS}`],
      'refuse',
    );
    const [expected] = await ask(test, plain, 'guest-get-fsinfo');
    const [mounts] = await ask(test, agent, 'guest-get-fsinfo');
    const place = ({ name, mountpoint }: Row) => [name, mountpoint];
    assert.deepEqual(mounts.map(place), expected.map(place));

    const [interfaces, kib] = await ask(test, agent, 'guest-network-get-interfaces');
    assert.equal(new Set(interfaces.map(({ name }) => name)).size, 1 + 2 * PAIRS);

    const [users] = await ask(test, agent, 'guest-get-users');
    assert.deepEqual(
      users.map(({ user }) => user),
      Array.from({ length: USERS }, (_, at) => `user${at}`),
    );

    for (let round = 0; round < 20; round++) await ask(test, agent, 'guest-network-get-interfaces', false);
    const grown = residentKib(agent.program.pid) - kib;
    test.diagnostic(`resident after 20 more: ${grown} KiB`);
    assert.ok(grown < 64 * 1024, `grew by ${grown} KiB`);
  });

  it('of programs that nobody asks about: the oldest endings are forgotten, nothing is left open', async (test) => {
    await using agent = await startConfinedAgent(folder);
    const once = [run, ['until', { pid: '$1' }]] as const;
    await play(agent.socket, folder, once);
    const before = openDescriptors(agent.program.pid);
    const steps = Array.from({ length: 1_200 }, () => run);
    const answers = await play(agent.socket, folder, steps);
    assert.deepEqual(new Set(answers.map(({ error }) => error?.desc)), new Set([undefined]));
    await play(agent.socket, folder, once);
    test.diagnostic(`${residentKib(agent.program.pid)} KiB resident`);
    await until(() => childrenOf(agent.program.pid).length === 0, 'the last to be reaped');
    await until(() => openDescriptors(agent.program.pid) <= before + 1, 'what they had open to be closed');
  });
});

describe('the most that one request may carry', () => {
  const file = path.join(folder, 'huge');

  it('48 MiB are read at once', async (test) => {
    const content = pattern(48 * MEBIBYTE);
    writeFileSync(file, content);
    await using agent = await startConfinedAgent(folder);
    const handle = await handleOf(agent, 'r');
    const started = performance.now();
    const answer = await exchangeLine(agent, {
      execute: 'guest-file-read',
      arguments: { handle, count: content.length },
    });
    test.diagnostic(`${Math.round(performance.now() - started)} ms, ${residentKib(agent.program.pid)} KiB resident`);
    const { 'buf-b64': text, count, eof } = answer.return as { 'buf-b64': string; count: number; eof: boolean };
    assert.deepEqual([count, eof], [content.length, false]);
    assert.ok(Buffer.from(text, 'base64').equals(content));
  });

  it('47 MiB are written at once', async (test) => {
    const content = pattern(47 * MEBIBYTE);
    await using agent = await startConfinedAgent(folder);
    const handle = await handleOf(agent, 'w+');
    const started = performance.now();
    const args = { handle, 'buf-b64': content.toString('base64') };
    const answer = await exchangeLine(agent, { execute: 'guest-file-write', arguments: args });
    test.diagnostic(`${Math.round(performance.now() - started)} ms, ${residentKib(agent.program.pid)} KiB resident`);
    assert.deepEqual(answer.return, { count: content.length, eof: false });
    await exchangeLine(agent, { execute: 'guest-file-seek', arguments: { handle, offset: 0, whence: 'set' } });
    const read = await exchangeLine(agent, {
      execute: 'guest-file-read',
      arguments: { handle, count: content.length },
    });
    assert.ok(Buffer.from((read.return as { 'buf-b64': string })['buf-b64'], 'base64').equals(content));
  });
});

/**
 * FOLDER DOUBLINGS COMMAND...: mounts that double with each step, links, and a record of logins; all of it in namespaces
 * that end with the command.
 */
const NAMESPACES = `
  folder=$1 doublings=$2; shift 2
  mount -t tmpfs tmpfs /run && cp "$folder/utmp" /run/utmp
  mount --bind "$folder/m" "$folder/m"
  for step in $(seq "$doublings"); do mkdir "$folder/m/$step"; mount --rbind "$folder/m" "$folder/m/$step"; done
  ip -batch "$folder/links"
  exec "$@"`;

type Row = Record<string, unknown>;

/** The rows, and the agent's memory after that. */
async function ask(test: TestContext, agent: RunningAgent, execute: string, tell = true): Promise<[Row[], number]> {
  const started = performance.now();
  const answer = await exchangeLine(agent, { execute });
  const took = performance.now() - started;
  const kib = residentKib(agent.program.pid);
  if (tell) test.diagnostic(`${execute}: ${Math.round(took)} ms, ${kib} KiB resident`);
  assert.ok(took < 10_000, `${execute} took ${took} ms`);
  assert.ok(Array.isArray(answer.return), desc(answer));
  return [answer.return, kib];
}

/** One request with an answer of any length, in time that grows with its length only. */
async function exchangeLine(agent: RunningAgent, request: object): Promise<Answer> {
  const socket = await connect(agent.socket);
  const pieces: Buffer[] = [];
  socket.write(JSON.stringify(request));
  for await (const piece of socket) {
    pieces.push(piece as Buffer);
    if ((piece as Buffer).at(-1) === 10) break;
  }
  return JSON.parse(Buffer.concat(pieces).toString('latin1')) as Answer;
}

function connect(socket: string): Promise<ReturnType<typeof createConnection>> {
  return new Promise((resolve, reject) => {
    const connection = createConnection(socket, () => resolve(connection)).once('error', reject);
  });
}

async function handleOf(agent: RunningAgent, mode: string): Promise<unknown> {
  const args = { path: path.join(folder, 'huge'), mode };
  const answer = await exchangeLine(agent, { execute: 'guest-file-open', arguments: args });
  assert.equal(answer.error, undefined);
  return answer.return;
}

function pattern(size: number): Buffer {
  return Buffer.alloc(size, Buffer.from(b64('what is not even in length').slice(0, 31)));
}

/** A record of utmp(5) on x86-64. */
function login(user: string): Buffer {
  const record = Buffer.alloc(384);
  record.writeInt16LE(7, 0); // USER_PROCESS
  record.write(user, 44);
  record.writeInt32LE(1_700_000_000, 340);
  return record;
}
