import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { BusClient } from '#shared/dbus/client.ts';
import { Offer } from '#shared/dbus/offer.ts';
import type { Signal } from '#shared/dbus/values.ts';
import { silent } from '#shared/log/log.ts';
import { CREDENTIALS } from '#system-agent/sso/announcement.ts';
import { PrivateBus } from '#test/support/dbus/daemon.ts';
import { Peer } from '#test/support/dbus/peer.ts';
import { without } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';

const skip = without('dbus-daemon');
const skipSend = skip || without('dbus-send');

async function connected(bus: PrivateBus): Promise<BusClient> {
  const client = new BusClient([bus.socket], silent);
  await client.start();
  await until(() => client.connected, 'connected');
  return client;
}

const signal = { interface: CREDENTIALS.name, member: 'UserAuthenticated', signature: 's', body: ['t0ken'] };

describe('an object of ours on a bus', { skip }, () => {
  it('is found under its name, and its signals come from the name', async () => {
    await using bus = await new PrivateBus().start();
    const client = await connected(bus);
    const shell = await connected(bus);
    try {
      using offer = new Offer(client, CREDENTIALS, () => {});
      await until(() => offer.obstacle === undefined, 'the name is ours');
      const heard: Signal[] = [];
      shell.subscribe({ sender: CREDENTIALS.name, path: CREDENTIALS.path, ...signal }, (one) => heard.push(one));
      await until(() => {
        offer.emit(signal);
        return heard.length > 0;
      }, 'the shell hears it');
      assert.deepEqual(heard[0]?.body, ['t0ken']);
      assert.equal(heard[0]?.path, '/org/ovirt/vdsm/Credentials');
      offer.emit({ ...signal, body: ['0'.repeat(6)], ending: Buffer.from('s3cret') });
      await until(() => heard.at(-1)?.body[0] === 's3cret', 'what was never a string here');
    } finally {
      await client.stop();
      await shell.stop();
    }
  });

  it('can be introspected, and so can the way to it; it has no other method', { skip: skipSend }, async () => {
    await using bus = await new PrivateBus().start();
    const client = await connected(bus);
    try {
      using offer = new Offer(client, CREDENTIALS, () => {});
      await until(() => offer.obstacle === undefined, 'the name is ours');
      const { execFile } = await import('node:child_process');
      const send = (path: string, method: string) =>
        new Promise<string>((resolve) => {
          const args = [`--bus=${bus.address}`, '--print-reply', `--dest=${CREDENTIALS.name}`, path, method];
          execFile('dbus-send', args, (_error, stdout, stderr) => resolve(stdout + stderr));
        });
      const introspect = 'org.freedesktop.DBus.Introspectable.Introspect';
      assert.match(await send(CREDENTIALS.path, introspect), /<signal name="UserAuthenticated"><arg .*type="s"/);
      assert.match(await send('/', introspect), /<node name="org"\/>/);
      assert.match(await send('/org/ovirt', introspect), /<node name="vdsm"\/>/);
      assert.match(await send('/elsewhere', introspect), /UnknownMethod/);
      assert.match(await send(CREDENTIALS.path, 'org.ovirt.vdsm.Credentials.Anything'), /UnknownMethod/);
    } finally {
      await client.stop();
    }
  });

  it('waits for a name that somebody else has, and for a bus that is away', async () => {
    await using bus = await new PrivateBus().start();
    await using other = await Peer.start(bus.address);
    await other.send('own', { name: CREDENTIALS.name });
    const client = await connected(bus);
    try {
      const obstacles: (string | undefined)[] = [];
      using offer = new Offer(client, CREDENTIALS, () => obstacles.push(offer.obstacle));
      await new Promise((resolve) => setTimeout(resolve, 100));
      assert.notEqual(offer.obstacle, undefined);
      await other.send('release', { name: CREDENTIALS.name });
      await until(() => offer.obstacle === undefined, 'the name is free');
      await bus.kill();
      await until(() => offer.obstacle !== undefined, 'the bus is gone');
      await bus.start();
      await until(() => offer.obstacle === undefined, 'the name is ours again');
    } finally {
      await client.stop();
    }
  });

  it('says when the bus does not give the name', async () => {
    const policy =
      '<allow send_destination="*"/><allow receive_sender="*"/><allow user="*"/><deny own="org.ovirt.vdsm.Credentials"/>';
    await using bus = await new PrivateBus(policy).start();
    const client = await connected(bus);
    try {
      using offer = new Offer(client, CREDENTIALS, () => {});
      await until(() => /does not give the name/.test(offer.obstacle ?? ''), 'it is refused');
    } finally {
      await client.stop();
    }
  });
});

describe('the policy file of the credentials on the system bus', { skip: without('xmllint') }, () => {
  it('is XML that gives the name to root alone', () => {
    const file = 'installer/root/usr/share/dbus-1/system.d/org.ovirt.vdsm.Credentials.conf';
    execFileSync('xmllint', ['--noout', '--nonet', file]);
    assert.deepEqual(
      readFileSync(file, 'utf8').match(/<policy user="root">\s*<allow own="org.ovirt.vdsm.Credentials"/)?.length,
      1,
    );
  });
});
