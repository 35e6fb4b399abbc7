import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '#system-agent/sso/machine.ts';
import { pidOf, product } from '../guest/agents.ts';
import { resumeGuest } from '../guest/guest.ts';
import type { Machine } from '../guest/machine.ts';
import { QgaClient } from '../guest/qga-client.ts';
import { noGuests } from '../needs.ts';
import { Vdsm } from '../ovirt/vdsm.ts';
import { until } from '../support/wait.ts';
import { CALM } from './gnome.ts';

/** The greeter under emulation takes 30 s on an idle machine, and many times that on a busy one. */
const GREETER_MS = 480_000;
const SOON_MS = 180_000;
/** Longer than a login lives. */
const EXPIRED_MS = 180_000;
/** Long enough for a shell that has kept a token to try it. */
const TRY_MS = 10_000;
/** A lock screen that is slower than the agent's patience is unlocked by the other way, and is quicker the next time. */
const UNLOCKS = 5;

const PASSWORD = 'alicepw';

/** Besides, pam_faillock(8) counts wrong passwords as its manual has it. */
const PREPARE = `
mkdir -p /run/lab
${CALM}
cat >/etc/pam.d/common-auth <<'END'
auth required pam_faillock.so preauth
auth [success=2 default=ignore] pam_unix.so nullok
auth [default=die] pam_faillock.so authfail
auth requisite pam_deny.so
auth required pam_permit.so
END
echo 'account required pam_faillock.so' >>/etc/pam.d/common-account
systemd-run --quiet --unit=lab-tokens -p StandardOutput=file:/run/lab/announced \
  dbus-monitor --system "type='signal',interface='org.ovirt.vdsm.Credentials'"
cat >/run/lab/wrong-tokens.py <<'END'
import socket
for _ in range(3):
    caller = socket.socket(socket.AF_UNIX)
    caller.connect("\\0/tmp/ovirt-cred-channel")
    caller.send(b"0" * 32)
    print(len(caller.recv(99)))
END
cat >/run/lab/memory-search.mjs <<'END'
${readFileSync('test/support/memory-search.js', 'utf8')}
END`;

interface Seen {
  readonly id: string;
  readonly user: string;
  readonly class: string;
  readonly locked: boolean;
  readonly service: string;
}

/**
 * GDM's own greeter and GNOME's own lock screen, with nothing between them and the host but the installed package. One guest
 * for all, and an order: each test goes on with the screen that the one before has left.
 */
describe("single sign-on at GNOME's greeter", { skip: noGuests }, () => {
  let guest: Machine;
  let vdsm: Vdsm;
  let qga: QgaClient;

  const run = (command: string, seconds?: number) => guest.shell.run(command, seconds);
  const lines = async (command: string) => (await run(command)).split('\n').filter((line) => line !== '');
  const succeeds = async (command: string) => (await guest.shell.try(command)).status === 0;

  before(async () => {
    guest = await resumeGuest({ image: 'gnome' });
    await run(PREPARE, 120);
    await product.start(guest.shell);
    vdsm = await Vdsm.connect(guest.socketOf('ovirt'));
    qga = await QgaClient.connect(guest.socketOf('qga'));
  });

  after(async () => {
    qga?.[Symbol.dispose]();
    vdsm?.[Symbol.dispose]();
    await guest?.[Symbol.asyncDispose]();
  });

  /** Who has the screen now. */
  async function front(): Promise<Seen | undefined> {
    const id = await run('loginctl show-seat seat0 -p ActiveSession --value');
    if (id === '') return undefined;
    const { status, stdout } = await guest.shell.try(
      `loginctl show-session ${id} -p Name -p Class -p LockedHint -p Service`,
    );
    if (status !== 0) return undefined;
    const pairs = stdout.trim().split('\n');
    const fields = Object.fromEntries(pairs.map((line) => line.split('=') as [string, string]));
    const { Name = '', Class = '', LockedHint, Service = '' } = fields;
    return { id, user: Name, class: Class, locked: LockedHint === 'yes', service: Service };
  }

  const inFront = (what: string, test: (seen: Seen) => boolean, timeoutMs = SOON_MS) =>
    until(timeoutMs, what, async () => {
      const seen = await front();
      return seen !== undefined && test(seen) ? seen : undefined;
    });
  const alice = (locked: boolean) =>
    inFront(`alice, ${locked ? '' : 'not '}locked`, (one) => one.user === 'alice' && one.locked === locked);

  const login = (username: string, password: string) => vdsm.send('login', { username, password });
  const ask = async (command: string, username: string, password: string) => {
    const { return: done } = await qga.ask(command, { username, password });
    return (done as { state: string } | undefined)?.state ?? 'refused';
  };
  const journal = 'journalctl --no-pager -o cat';
  /** How the logins so far have ended. */
  const ends = async () => {
    const told = await lines(`${journal} -u ${product.unit} | grep -E 'a login (has ended|is not taken)' || true`);
    return told.map((line) => /how=(\w+)/.exec(line)?.[1] ?? 'not taken');
  };
  const ended = (count: number, timeoutMs = SOON_MS) =>
    until(timeoutMs, `the end of login ${count}`, async () => (await ends())[count - 1]);
  const refusals = async () => Number(await run(`${journal} | grep -c 'the agent does not take the token' || true`));
  /** What pam_faillock has booked on a user. */
  const failures = async (user: string) => (await lines(`faillock --user ${user} | tail -n +3`)).length;
  const tokens = () => lines(`sed -n 's/^ *string "\\([0-9a-f]\\{32\\}\\)"$/\\1/p' /run/lab/announced`);

  /**
   * A slow machine may need longer than one login lives; whoever waits for a desktop would ask again too.
   * @param first which of all logins was offered already
   */
  const loggedIn = (user: string, username: string, password: string, first: number) => {
    let offered = first;
    return until(GREETER_MS, `the session of ${user}`, async () => {
      const seen = await front();
      if (seen?.user === user) return seen;
      if ((await ends())[offered - 1] === 'expired') {
        login(username, password);
        offered++;
      }
      return undefined;
    });
  };

  /** Again and again: a shell that is not up yet does not hear it. */
  async function lock(): Promise<void> {
    await until(SOON_MS, 'the session to be locked', async () => {
      const seen = await front();
      if (seen?.user === 'alice' && seen.locked) return true;
      await run(`loginctl lock-session ${seen?.id}`);
      await sleep(5000);
      return undefined;
    });
  }

  /** A key has the lock screen ask for the password; a shell that has kept a token tries that first. */
  async function staysLocked(): Promise<void> {
    await until(SOON_MS, 'the lock screen to ask', async () => {
      await guest.qmp.execute('send-key', { keys: [{ type: 'qcode', data: 'spc' }] });
      await sleep(2000);
      return (await succeeds("pgrep -a gdm-session-wor | grep -q 'pam/gdm-password'")) || undefined;
    });
    await sleep(TRY_MS);
    assert.equal((await front())?.locked, true);
  }

  it('a login that came before the greeter logs in when the greeter is there', async () => {
    login('alice@internal-authz', PASSWORD);
    await until(SOON_MS, 'the login to wait', async () => {
      return (await succeeds(`${journal} -u ${product.unit} | grep -q 'a login is offered.*waiting'`)) || undefined;
    });
    await run('systemctl start gdm', 120);
    const seen = await loggedIn('alice', 'alice@internal-authz', PASSWORD, 1);
    assert.equal(seen.service, 'gdm-ovirtcred');
    assert.equal(seen.class, 'user');
    assert.equal(await run(`loginctl show-session ${seen.id} -p Type --value`), 'wayland');
    assert.equal((await ends()).at(-1), 'taken');
  });

  it('leaves no token behind that would unlock the session later', async () => {
    await sleep(TRY_MS); // the desktop is being drawn
    await lock();
    await staysLocked();
  });

  it('unlocks the locked session by the same message, and once', async (t) => {
    const ways: string[] = [];
    while (ways.at(-1) !== 'taken' && ways.length < UNLOCKS) {
      if (!(await front())?.locked) await lock();
      const before = (await ends()).length;
      login('alice', PASSWORD);
      await alice(false);
      ways.push(await ended(before + 1));
    }
    t.diagnostic(`unlocked: ${ways.join(', ')}`);
    assert.equal(ways.at(-1), 'taken', "by GNOME's own conversation");
    await lock();
    await staysLocked();
  });

  it('does not unlock for another user or root, and books no wrong password on the user', async () => {
    const before = (await ends()).length;
    login('bob', 'bobpw');
    assert.equal(await ended(before + 1), 'not taken');
    await staysLocked();
    assert.ok(await succeeds(`${journal} -u ${product.unit} | grep -q "another user's session is in the foreground"`));
    assert.equal(await ask('uga-session-unlock', 'root', 'rootpw'), 'refused');
    await staysLocked();
    for (const user of ['alice', 'bob', 'root']) assert.equal(await failures(user), 0, user);
    assert.ok(!(await succeeds(`${journal} | grep -q 'pam_unix.*authentication failure'`)));
  });

  it('announces nothing to a session that is not locked, which then stays locked', async () => {
    assert.notEqual(await ask('uga-session-unlock', 'alice', PASSWORD), 'refused');
    await alice(false);
    const announced = (await tokens()).length;
    assert.equal(await ask('uga-session-login', 'alice', PASSWORD), 'refused');
    assert.equal(await ask('uga-session-unlock', 'alice', PASSWORD), 'refused');
    await lock();
    await staysLocked();
    assert.equal((await tokens()).length, announced);
  });

  it('stays locked for a wrong password, which is booked as one', async () => {
    await sleep(LIMITS.offersWithinMs); // or it would be one login too many
    const before = (await ends()).length;
    login('alice', 'wrong');
    await ended(before + 1);
    await until(SOON_MS, 'the wrong password to be booked', async () => (await failures('alice')) || undefined);
    await sleep(TRY_MS);
    assert.equal((await front())?.locked, true);
    assert.equal(await failures('alice'), 1);
  });

  it('leaves password and tokens in no log, file or environment, and in no memory or core of the agent', async () => {
    const secrets = [PASSWORD, ...(await tokens())];
    assert.ok(secrets.length > 2);
    const pid = await pidOf(guest.shell, product);
    await run(`printf '%s\\n' ${secrets.join(' ')} >/run/lab/secrets`);
    assert.equal(await run('journalctl --no-pager -o export | grep -acFf /run/lab/secrets || true'), '0');
    const places = `/var/lib/uga /var/log/uga /run/uga /proc/${pid}/environ /proc/${pid}/cmdline`;
    assert.equal(await run(`grep -arlFf /run/lab/secrets ${places} 2>/dev/null | wc -l`), '0');
    for (const secret of secrets) {
      const hex = Buffer.from(secret).toString('hex');
      assert.equal(await run(`/usr/lib/uga/node /run/lab/memory-search.mjs ${pid} ${hex}`, 120), '0');
    }
    // Through a pipe, which is written outside of the unit's view of the disk. core(5)
    await run("echo '|/bin/dd bs=1M of=/var/tmp/lab.core' >/proc/sys/kernel/core_pattern");
    await run(`kill -ABRT ${pid}`);
    await until(SOON_MS, 'the core and the next agent', async () => {
      const next = await pidOf(guest.shell, product);
      const isWritten = await succeeds('test -s /var/tmp/lab.core && ! pgrep -x dd');
      return (next !== pid && next !== 0 && isWritten) || undefined;
    });
    const inCore = (option: string, text: string) =>
      run(`LC_ALL=C grep -ac ${option} '${text}' /var/tmp/lab.core || true`, 120);
    assert.notEqual(await inCore('-F', 'org.ovirt.vdsm.Credentials'), '0', 'what it has to have in it');
    for (const secret of secrets) {
      assert.equal(await inCore('-F', secret), '0');
      assert.equal(await inCore('-P', [...secret].map((letter) => `${letter}\\x00`).join('')), '0', 'in UTF-16');
    }
  });

  describe('at a greeter that is shown tokens which are worth nothing', () => {
    /** The pid of the greeter's shell, which hears what is announced to it when it is let go on. */
    let shell = '';

    /** A token that has come to nothing before the greeter can use it. */
    async function dead(end: () => Promise<void>, how: string): Promise<void> {
      const before = { ends: (await ends()).length, refusals: await refusals() };
      await run(`kill -STOP ${shell}`);
      try {
        assert.equal(await ask('uga-session-login', 'bob', 'bobpw'), 'announced');
        await end();
        assert.equal(await ended(before.ends + 1, EXPIRED_MS), how);
      } finally {
        await run(`kill -CONT ${shell}`);
      }
      await until(SOON_MS, 'the module to be refused', async () => (await refusals()) > before.refusals || undefined);
      assert.equal((await front())?.class, 'greeter');
    }

    before(async () => {
      await run(`loginctl terminate-session ${(await front())?.id}`);
      await inFront('the greeter', (one) => one.class === 'greeter', GREETER_MS);
      const rules = 'org.freedesktop.DBus.Debug.Stats.GetAllMatchRules';
      await until(GREETER_MS, 'the greeter to listen', async () => {
        const all = `dbus-send --system --print-reply --dest=org.freedesktop.DBus /org/freedesktop/DBus ${rules}`;
        const listens = `${all} | grep -q "path='/org/ovirt/vdsm/Credentials'"`;
        return (await succeeds(`! pgrep -u alice -x gnome-shell && ${listens}`)) || undefined;
      });
      shell = await run('pgrep -n -u Debian-gdm -x gnome-shell');
    });

    it('goes on after one that three wrong ones have ended', () =>
      dead(async () => {
        assert.equal(await run('python3 /run/lab/wrong-tokens.py'), '0\n0\n0');
      }, 'refused'));

    it('goes on after one that has expired', () => dead(async () => {}, 'expired'));

    it('logs in by the next message, and has booked nothing on the user', async () => {
      assert.equal(await failures('bob'), 0);
      const before = (await ends()).length;
      login('bob', 'bobpw');
      const seen = await loggedIn('bob', 'bob', 'bobpw', before + 1);
      assert.deepEqual([seen.class, seen.service], ['user', 'gdm-ovirtcred']);
      assert.equal(await failures('bob'), 0);
    });
  });
});
