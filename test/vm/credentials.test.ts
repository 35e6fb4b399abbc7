import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type AgentUnit, original, product } from './guest/agents.ts';
import { resumeGuest } from './guest/guest.ts';
import type { Machine } from './guest/machine.ts';
import { type Answer, QgaClient } from './guest/qga-client.ts';
import { noGuests } from './needs.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const logsIn = (password: string, user = 'alice') =>
  `printf '%s\\n' '${password}' | pamtester common-auth ${user} authenticate >/dev/null 2>&1; echo $?`;
const SSH = '/home/alice/.ssh';
const FILE = `${SSH}/authorized_keys`;
const SHOW = `stat -c '%U:%G %a' ${SSH} ${FILE}; od -c ${FILE}`;

/** A request, and a command in the guest that shows its effect. */
interface Step {
  readonly execute: string;
  readonly args?: object;
  /** Before the request. */
  readonly prepare?: string;
  readonly look?: string;
}

const password = (args: object, look: string): Step => ({ execute: 'guest-set-user-password', args, look });
const ssh = (action: string, args: object, more: Partial<Step> = {}): Step => ({
  execute: `guest-ssh-${action}-authorized-keys`,
  args: { username: 'alice', ...args },
  look: SHOW,
  ...more,
});

const STEPS: readonly Step[] = [
  password({ username: 'alice', password: base64('n3w: "$(id)"'), crypted: false }, logsIn('n3w: "$(id)"')),
  password({ username: 'alice', password: base64('other'), crypted: false }, logsIn('n3w: "$(id)"')),
  password({ username: 'alice', password: base64('hash'), crypted: true }, 'getent shadow alice | cut -d: -f2'),
  password({ username: 'nobody-here', password: base64('x'), crypted: false }, 'getent shadow nobody-here'),
  password({ username: 'alice', password: base64('a\nroot:b'), crypted: false }, logsIn('b', 'root')),
  password({ username: 'al:ice', password: base64('x'), crypted: false }, 'true'),
  password({ username: 'al\nice', password: base64('x'), crypted: false }, 'true'),
  password({ username: 'alice', password: '@@', crypted: false }, 'true'),
  password({ username: 'alice', password: base64('') }, 'true'),
  ssh('get', {}),
  ssh('add', { keys: ['# x'] }),
  ssh('add', { keys: ['k1', 'x\ny'] }),
  ssh('add', { username: 'nobody-here', keys: ['# x'] }),
  ssh('add', { keys: ['ssh-ed25519 AAAA a', 'ssh-rsa BBBB b', 'ssh-rsa BBBB b'] }),
  ssh('get', {}),
  ssh('add', { keys: ['ssh-ed25519 CCCC c'] }, { prepare: `printf '# mine\\n\\n  padded key  \\n' >>${FILE}` }),
  ssh('get', {}),
  ssh('remove', { keys: ['ssh-rsa BBBB b', 'padded key', 'never there'] }),
  ssh('get', {}),
  ssh('add', { keys: [''] }),
  ssh('add', { keys: ['only'], reset: true }, { prepare: `chmod 644 ${FILE}` }),
  ssh('add', { keys: [], reset: true }),
  ssh('get', {}),
  ssh('remove', { keys: ['k'] }, { prepare: `rm -r ${SSH}`, look: `ls -A ${SSH}` }),
  ssh('add', { username: 'root', keys: ['k'] }, { look: 'stat -c "%U %a" /root/.ssh /root/.ssh/authorized_keys' }),
  ssh('get', { username: 'daemon' }, { look: 'true' }),
  ssh('add', { keys: 'k' }),
  ssh('add', { keys: [1] }),
  ssh('add', { keys: ['k'], reset: 1 }),
];

/** qemu-ga 7.2 has shorter or odder words for these than we and newer releases; the class is compared all the same. */
const OTHER_WORDS = /^(child process has failed to set user password|failed to lookup user '[^']*')/;

it('passwords and keys: the same requests do the same as with qemu-ga', { skip: noGuests }, async () => {
  const [theirs, ours] = [await stepsWith(original), await stepsWith(product)];
  for (const [index, step] of STEPS.entries()) assert.deepEqual(ours[index], theirs[index], JSON.stringify(step));
  assert.equal(ours[0]?.seen, '0', 'the new password lets alice in');
  assert.notEqual(ours[1]?.seen, '0', 'the old one does not any more');
  assert.equal(ours[2]?.seen, 'hash');
});

async function stepsWith(agent: AgentUnit): Promise<{ readonly answer: Answer; readonly seen: string }[]> {
  await using guest = await resumeGuest();
  await agent.start(guest.shell);
  using host = await QgaClient.connect(guest.socketOf('qga'));
  const results: { answer: Answer; seen: string }[] = [];
  for (const { execute, args, prepare = 'true', look = 'true' } of STEPS) {
    await guest.shell.run(prepare);
    const answer = withoutOtherWords(await host.ask(execute, args));
    const { stdout } = await guest.shell.try(look);
    results.push({ answer, seen: stdout.trim() });
  }
  return results;
}

function withoutOtherWords(answer: Answer): Answer {
  const desc = answer.error && OTHER_WORDS.exec(answer.error.desc)?.[0];
  return desc && answer.error ? { error: { ...answer.error, desc } } : answer;
}

it('a hashed password lets in who knows it', { skip: noGuests }, async () => {
  await using guest = await resumeGuest();
  await product.start(guest.shell);
  using host = await QgaClient.connect(guest.socketOf('qga'));
  // What the guest itself makes of "hashed", to be carried back by us.
  await guest.shell.run("echo 'alice:hashed' | chpasswd");
  const hash = await guest.shell.run('getent shadow alice | cut -d: -f2');
  await guest.shell.run("echo 'alice:different' | chpasswd");
  const args = { username: 'alice', password: base64(hash), crypted: true };
  assert.deepEqual(await host.ask('guest-set-user-password', args), { return: {} });
  assert.equal(await guest.shell.run(logsIn('hashed')), '0');
  assert.doesNotMatch(await guest.shell.run(`journalctl --no-pager -u ${product.unit}`), /\$y\$|\$6\$/);
});

const NS = 1_000_000_000;
const YEAR_2030 = Date.UTC(2030, 5, 1) / 1000;
const REFUSED_TIMES = [-NS, 3_155_760_000 * NS, 'x', 1.5];

for (const agent of [original, product]) {
  it(`clocks are set both ways with ${agent.unit}`, { skip: noGuests }, async () => {
    await using guest = await resumeGuest();
    await agent.start(guest.shell);
    using host = await QgaClient.connect(guest.socketOf('qga'));
    assert.deepEqual(await host.ask('guest-set-time', { time: YEAR_2030 * NS }), { return: {} });
    await assertClocks(guest, YEAR_2030);

    await guest.shell.run("date --set '2031-01-01'");
    assert.deepEqual(await host.ask('guest-set-time'), { return: {} });
    await assertClocks(guest, YEAR_2030);

    // A machine shared with Windows: the hardware clock shows local time.
    await guest.shell.run("printf '0.0 0 0.0\\n0\\nLOCAL\\n' >/etc/adjtime");
    await guest.shell.run('ln -sf /usr/share/zoneinfo/Europe/Prague /etc/localtime');
    await guest.shell.run('hwclock --systohc --localtime');
    assert.deepEqual(await host.ask('guest-set-time'), { return: {} });
    await assertClocks(guest, YEAR_2030);
    assert.deepEqual(await host.ask('guest-set-time', { time: (YEAR_2030 + 86_400) * NS }), { return: {} });
    await assertClocks(guest, YEAR_2030 + 86_400);
  });
}

it('guest-set-time refuses what qemu-ga refuses, and says which step failed', { skip: noGuests }, async () => {
  const answers: Answer[][] = [];
  for (const agent of [original, product]) {
    await using guest = await resumeGuest();
    await agent.start(guest.shell);
    using host = await QgaClient.connect(guest.socketOf('qga'));
    const said: Answer[] = [];
    for (const time of REFUSED_TIMES) said.push(await host.ask('guest-set-time', { time }));
    // An errno text may follow qemu-ga's words.
    answers.push(said.map(({ error }) => ({ error: { class: error?.class ?? '', desc: firstWords(error?.desc) } })));
    await guest.shell.run('rm /dev/rtc0; rm -f /dev/rtc');
    const broken = await host.ask('guest-set-time', { time: YEAR_2030 * NS });
    assert.match(broken.error?.desc ?? '', /failed to set hardware clock to system time/);
    assert.ok(Number(await guest.shell.run('date +%s')) - YEAR_2030 < 60, 'the system clock stays set');
  }
  assert.deepEqual(answers[1], answers[0]);
});

const firstWords = (desc = '') => desc.replace(/^(Invalid time).*/, '$1');

/** Both clocks are at most a minute after a moment. */
async function assertClocks({ shell }: Machine, seconds: number): Promise<void> {
  const clocks = { system: 'date +%s', hardware: 'date --date "$(hwclock --get)" +%s' };
  for (const [name, command] of Object.entries(clocks)) {
    const shown = Number(await shell.run(command));
    assert.ok(shown >= seconds && shown - seconds < 60, `${name} clock: ${shown - seconds} s off`);
  }
}
