import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import path from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '#test/support/programs.ts';
import { resumeGuest } from './guest/guest.ts';
import type { Machine } from './guest/machine.ts';
import type { RootShell } from './guest/root-shell.ts';
import { noGuests } from './needs.ts';
import { until } from './support/wait.ts';

/** Where the tests and the programs they start are once bundled. */
const BUNDLES = path.dirname(fileURLToPath(import.meta.url));
const EXAMPLES = 'installer/root/usr/share/doc/uga/examples/freeze.d';
const SERVERS = 'mariadb postgresql@15-main';

const SQL = {
  mariadb: 'mariadb --batch --skip-column-names --unbuffered',
  postgresql: 'runuser -u postgres -- stdbuf -oL psql -XAtq',
} as const;
type Server = keyof typeof SQL;

/** A guest with both servers, whose data are on a file system of their own, and with our example hooks in place. */
async function resumeDatabases(): Promise<Machine> {
  using payload = temporaryFolder();
  cpSync(BUNDLES, payload.path, { recursive: true, filter: (name) => !name.endsWith('.test.js') });
  cpSync(EXAMPLES, `${payload.path}/freeze.d`, { recursive: true });
  const guest = await resumeGuest({ image: 'databases', payload: payload.path });
  await guest.shell.run(
    `set -e
    mkdir -p /etc/uga/freeze.d
    for hook in mariadb postgresql; do install -m 755 /opt/uga/freeze.d/$hook /etc/uga/freeze.d/50-$hook; done
    systemctl stop ${SERVERS}
    truncate -s 1G /srv/disk && mkfs.ext4 -q /srv/disk && mkdir /srv/db && mount -o loop /srv/disk /srv/db
    for data in mysql postgresql; do mv /var/lib/$data /srv/db/ && ln -s /srv/db/$data /var/lib/$data; done
    systemctl start ${SERVERS}`,
    180,
  );
  await guest.shell.run(`${SQL.mariadb} -e '
    CREATE DATABASE lab; CREATE TABLE lab.safe (n INT PRIMARY KEY) ENGINE=InnoDB; CREATE TABLE lab.plain (n INT) ENGINE=MyISAM'
    ${SQL.postgresql} -c 'CREATE TABLE safe (n INT PRIMARY KEY)'`);
  return guest;
}

const hooks = (shell: RootShell, phase: 'freeze' | 'thaw') =>
  shell.try(`/usr/lib/uga/node /opt/uga/vm-hooks-probe.js ${phase}`, 120);

/** Writes numbers for as long as the server takes them; each that was acknowledged is a line of a file in memory. */
async function startWriters(shell: RootShell): Promise<void> {
  const write = (server: Server, statements: string) =>
    shell.run(`systemd-run --quiet --unit=writer-${server} sh -c 'n=0
      while n=$((n + 1)); do echo "${statements}"; done | ${SQL[server]} >/run/written-${server}'`);
  await write('mariadb', 'INSERT INTO lab.safe VALUES ($n); INSERT INTO lab.plain VALUES ($n); SELECT $n;');
  await write('postgresql', 'INSERT INTO safe VALUES ($n); SELECT $n;');
}

const acknowledged = async (shell: RootShell, server: Server) =>
  Number(await shell.run(`tail -n 1 /run/written-${server} 2>/dev/null | grep . || echo 0`));

async function goesOn(shell: RootShell, server: Server): Promise<void> {
  const before = await acknowledged(shell, server);
  await until(60_000, `${server} to write on`, async () =>
    (await acknowledged(shell, server)) > before ? true : undefined,
  );
}

it('example hooks: a copy of the frozen disk has all that MariaDB and PostgreSQL had acknowledged', {
  skip: noGuests,
  timeout: 900_000,
}, async (t) => {
  await using guest = await resumeDatabases();
  const { shell } = guest;
  await startWriters(shell);
  for (const server of ['mariadb', 'postgresql'] as const) await goesOn(shell, server);

  const frozen = await hooks(shell, 'freeze');
  for (const line of frozen.stdout.trim().split('\n')) t.diagnostic(`freeze ${line}`);
  assert.equal(frozen.status, 0, frozen.stdout + frozen.stderr);
  assert.match(frozen.stdout, /50-mariadb done .*\n.*50-postgresql done /);
  const locked = await acknowledged(shell, 'mariadb');
  await shell.run('fsfreeze --freeze /srv/db');
  const expected = {
    mariadb: await acknowledged(shell, 'mariadb'),
    postgresql: await acknowledged(shell, 'postgresql'),
  };
  assert.equal(expected.mariadb, locked, 'MariaDB wrote under the lock');
  await shell.run('cp --sparse=always /srv/disk /srv/copy; fsfreeze --unfreeze /srv/db', 120);
  const thawed = await hooks(shell, 'thaw');
  for (const line of thawed.stdout.trim().split('\n')) t.diagnostic(`thaw ${line}`);
  assert.match(thawed.stdout, /50-postgresql done .*\n.*50-mariadb done /, thawed.stderr);
  for (const server of ['mariadb', 'postgresql'] as const) await goesOn(shell, server);

  await shell.run(
    `set -e; systemctl stop writer-mariadb writer-postgresql ${SERVERS}
    umount /srv/db; mount -o loop /srv/copy /srv/db; systemctl start ${SERVERS}`,
    180,
  );
  const counts = async (server: Server, statement: string) => (await shell.run(`${SQL[server]} ${statement}`)).trim();
  const [safe, plain] = (
    await counts('mariadb', "-e 'SELECT COUNT(*) FROM lab.safe; SELECT COUNT(*) FROM lab.plain'")
  ).split('\n');
  const postgresql = await counts('postgresql', "-c 'SELECT COUNT(*) FROM safe'");
  t.diagnostic(`acknowledged ${JSON.stringify(expected)}, found ${safe} ${plain} ${postgresql}`);
  assert.ok(Number(safe) >= expected.mariadb && Number(plain) >= expected.mariadb);
  assert.ok(Number(postgresql) >= expected.postgresql);
  assert.match(await counts('mariadb', "-e 'CHECK TABLE lab.plain'"), /\tOK$/);
});

it('example hooks: the lock of MariaDB goes by itself when no thaw comes, and the late thaw says so', {
  skip: noGuests,
  timeout: 900_000,
}, async () => {
  await using guest = await resumeDatabases();
  const { shell } = guest;
  await shell.run("sed -i 's/^limit=900/limit=5/' /etc/uga/freeze.d/50-mariadb");
  const write = () => shell.try(`timeout 60 ${SQL.mariadb} -e 'INSERT INTO lab.plain VALUES (1)'`, 90);

  assert.equal((await hooks(shell, 'freeze')).status, 0);
  assert.equal((await write()).status, 0); // waits for the lock
  const late = await hooks(shell, 'thaw');
  assert.match(late.stdout, /50-mariadb failed/);
  assert.match(late.stderr, /the lock ended before the thaw/);

  // A statement that does not end keeps the lock away: the freeze fails, and nothing waits behind it.
  await shell.run("sed -i 's/^patience=30/patience=3/; s/^limit=5/limit=900/' /etc/uga/freeze.d/50-mariadb");
  await shell.run(
    `systemd-run --quiet --unit=slow ${SQL.mariadb} -e 'LOCK TABLES lab.plain WRITE; SELECT SLEEP(1000)'; sleep 2`,
  );
  const failed = await hooks(shell, 'freeze');
  assert.equal(failed.status, 1);
  assert.match(failed.stdout, /50-mariadb' has failed: status 1: the tables could not be locked/);
  assert.equal((await shell.try(`timeout 30 ${SQL.mariadb} -e 'INSERT INTO lab.safe VALUES (1)'`)).status, 0);

  await shell.run(`systemctl stop ${SERVERS}`);
  const without = await hooks(shell, 'freeze');
  assert.match(without.stdout, /50-mariadb done .*\n.*50-postgresql done /);
  assert.match(without.stderr, /no server runs/);
});
