import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sessionBus, socketPaths, systemBus } from '#shared/dbus/address.ts';
import { HandshakeReader } from '#shared/dbus/handshake.ts';
import { splits } from '#test/support/splits.ts';

describe('bus addresses', () => {
  it('are paths, abstract names and the runtime directory, in their order', () => {
    assert.deepEqual(socketPaths('unix:path=/run/bus,guid=00;unix:abstract=/tmp/x;unix:runtime=yes', '/run/user/7'), [
      '/run/bus',
      '\0/tmp/x',
      '/run/user/7/bus',
    ]);
  });

  it('are unescaped as UTF-8', () => {
    assert.deepEqual(socketPaths('unix:path=/a%20b%c3%bc', undefined), ['/a bü']);
  });

  it('of other kinds or broken ones are left out', () => {
    const broken = 'tcp:host=localhost,port=1;unixexec:path=/bin/sh;unix:path=%zz;unix:path=;unix:;autolaunch:;;x';
    assert.deepEqual(socketPaths(broken, '/run'), []);
    assert.deepEqual(socketPaths('unix:runtime=yes', undefined), []);
  });

  it('have the usual places when the environment names none', () => {
    assert.deepEqual(systemBus({}), ['/run/dbus/system_bus_socket']);
    assert.deepEqual(sessionBus({ XDG_RUNTIME_DIR: '/run/user/7' }), ['/run/user/7/bus']);
    assert.deepEqual(sessionBus({}), []);
  });
});

describe("the bus's answer to who we are", () => {
  it('is read however it is cut, and what follows is kept', () => {
    for (const parts of splits(Buffer.from('OK 1234\r\nrest'))) {
      const reader = new HandshakeReader();
      const rest: Buffer[] = [];
      for (const part of parts) {
        if (rest.length > 0) rest.push(Buffer.from(part));
        else {
          const after = reader.push(Buffer.from(part));
          if (after !== undefined) rest.push(after);
        }
      }
      assert.equal(Buffer.concat(rest).toString(), 'rest');
    }
  });

  it('is a refusal, or nonsense, and never waited for without end', () => {
    assert.throws(() => new HandshakeReader().push(Buffer.from('REJECTED EXTERNAL\r\n')), { code: 'refused' });
    assert.throws(() => new HandshakeReader().push(Buffer.from('220 mail ready\r\n')), { code: 'malformed' });
    assert.throws(() => new HandshakeReader().push(Buffer.alloc(2000, 0x4f)), { code: 'malformed' });
  });
});
