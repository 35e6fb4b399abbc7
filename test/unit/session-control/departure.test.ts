import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { MemoryLog } from '#shared/log/memory.ts';
import { Departure, type OnDisconnect, RETURN_MS } from '#system-agent/session-control/departure.ts';
import { FakeSessionControl } from '#test/fakes/session-control.ts';
import { openDoor } from '#test/support/vdagent-door.ts';

function leaving(action: OnDisconnect) {
  const control = new FakeSessionControl();
  const log = new MemoryLog();
  const departure = new Departure(action, control, log);
  return { control, log, departure, acts: () => control.asked.map(([what]) => what) };
}

describe('a SPICE client that leaves', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
  afterEach(() => mock.timers.reset());

  it('leaves the sessions alone by default', () => {
    const { departure, acts } = leaving('none');
    departure.came();
    departure.left();
    mock.timers.tick(RETURN_MS);
    assert.deepEqual(acts(), []);
  });

  it('leaves its screen locked, at once and once', () => {
    const { departure, acts } = leaving('lock');
    departure.came();
    departure.left();
    departure.left();
    assert.deepEqual(acts(), ['lock']);
  });

  it('leaves no session, unless one comes in time', () => {
    const { departure, acts } = leaving('logoff');
    departure.came();
    departure.left();
    mock.timers.tick(RETURN_MS - 1);
    departure.came();
    mock.timers.tick(RETURN_MS);
    assert.deepEqual(acts(), []);
    departure.left();
    mock.timers.tick(RETURN_MS);
    assert.deepEqual(acts(), ['logOff']);
  });

  it('that was never there leaves nothing, nor does one whose agent stops', () => {
    const { departure, acts } = leaving('lock');
    departure.left();
    departure.came();
    departure.stop();
    departure.left();
    assert.deepEqual(acts(), []);
  });

  it('when nobody is logged in is a line of the log', async () => {
    const { departure, log } = leaving('logoff');
    departure.came();
    departure.left();
    mock.timers.tick(RETURN_MS);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(log.lines.at(-1)?.message, 'nothing was done for the client that left');
  });
});

describe('the SPICE door tells when its client leaves', () => {
  const watched = async () => {
    const told: string[] = [];
    const departure = { came: () => told.push('came'), left: () => told.push('left'), stop: () => told.push('stop') };
    const stage = await openDoor({ departure });
    await stage.heard();
    return { ...stage, told };
  };

  it('by the message of its server', async () => {
    const { host, told } = await watched();
    assert.equal(told.at(-1), 'came');
    host.send('client-disconnected', {}, 'server');
    assert.equal(told.at(-1), 'left');
  });

  it('by the end of the channel', async () => {
    const { channel, told } = await watched();
    channel.disconnect();
    assert.equal(told.at(-1), 'left');
  });

  it('and not when it stops itself', async () => {
    const { door, told } = await watched();
    await door.stop();
    assert.ok(told.indexOf('stop') >= 0);
    assert.ok(!told.slice(0, told.indexOf('stop')).includes('left'));
  });
});
