import assert from 'node:assert/strict';
import type { ClipboardType } from '#protocol/ipc/messages/clipboard.ts';
import { CLIPBOARD_TYPES } from '#protocol/ipc/messages/clipboard.ts';
import { encodeMessage, MessageReader } from '#protocol/vdagent/message.ts';
import { partsOf } from '#shared/bytes/flow.ts';
import { silent } from '#shared/log/log.ts';
import { type Input, initial, MAX_WAITING, type State, step } from '#system-agent/vdagent/clipboard/machine.ts';
import { VdagentDoor } from '#system-agent/vdagent/door.ts';
import type { Input as FilesInput, State as FilesState } from '#system-agent/vdagent/files/machine.ts';
import * as files from '#system-agent/vdagent/files/machine.ts';
import { FakeChannel } from '#test/fakes/channel.ts';
import { FakeSessionAgent, FakeSessionLink } from '#test/fakes/served-session.ts';
import { type Chance, cut, fuzz, mutate, pick, randomBytes } from '#test/support/fuzz.ts';
import { goldenFiles } from '#test/support/golden.ts';
import { FakePointer } from '#test/support/vdagent-door.ts';

const dialogue = Buffer.concat(
  goldenFiles('vdagent')
    .filter(({ from }) => from === 'host')
    .map(({ hex }) => Buffer.from(hex, 'hex')),
);

/** Frames that are right around bodies that are nearly so. */
function messages(chance: Chance): Uint8Array {
  return Buffer.concat(
    Array.from({ length: 1 + chance(8) }, () => {
      const body = randomBytes(chance(60), chance).map((byte) => (chance(3) === 0 ? byte : byte % 4));
      return encodeMessage(pick(['client', 'server'], chance), chance(18), body);
    }),
  );
}

/** As strict about frames as the original; who announced what in this noise it cannot know. */
const newSpiceServer = () => new MessageReader({ from: 'guest', maxClipboardBytes: 1 << 20 });

const ANNOUNCE = Buffer.from('010000001c00000001000000060000000000000000000000080000000100000077500300', 'hex');

fuzz(
  'whatever a host and a session send in whatever order, the door says only what a SPICE server accepts',
  (chance) => {
    const channel = new FakeChannel(chance(2) === 0 ? 100 : undefined);
    const sessionLink = new FakeSessionLink();
    const agents = [new FakeSessionAgent('1'), new FakeSessionAgent('2', ['monitors'])];
    const door = new VdagentDoor({
      channel,
      sessionLink,
      pointer: new FakePointer(),
      log: silent,
      clipboard: { maxBytes: { text: 10_000, images: 10_000 } },
      answerMs: 1,
    });
    void door.start();
    channel.connect();
    let spiceServer = newSpiceServer();
    const hear = () => {
      if (channel.state === 'connected')
        spiceServer.push(Buffer.from(channel.drain(), 'latin1'), ({ kind }) => assert.equal(kind, 'message'));
    };
    for (let turn = 0; turn < 12; turn++) {
      const agent = pick(agents, chance);
      switch (chance(6)) {
        case 0:
          sessionLink.serve(chance(2) === 0 ? agent : undefined, { isLocked: chance(2) === 0 });
          break;
        case 1:
          agent.link.say(
            { kind: 'notification', name: 'clipboard.grab', direction: 'both', body: undefined as never },
            {
              selection: pick(['clipboard', 'primary', 'secondary'], chance),
              types: CLIPBOARD_TYPES.slice(chance(5)),
            },
          );
          break;
        case 2:
          hear();
          break;
        default:
          for (const part of cut(
            pick([messages, () => mutate(dialogue, chance), () => ANNOUNCE], chance)(chance),
            chance,
          )) {
            if (channel.state !== 'connected') {
              spiceServer = newSpiceServer();
              channel.drain();
              channel.connect();
            }
            if (!channel.paused) channel.say(part);
          }
      }
    }
    hear();
    void door.stop();
  },
);

fuzz('a selection answers every request and every paste exactly once, whatever happens', (chance) => {
  let state: State = initial;
  let requests = 0;
  let answers = 0;
  let lastPaste = 0;
  let isOwnersContent = true;
  const waiting = new Set<number>();
  const questions: { readonly id: number; readonly copy: number }[] = [];
  /** How often the guest's content has become another. */
  let copies = 0;

  const play = (input: Input) => {
    const next = step(state, input);
    state = next.state;
    for (const effect of next.effects) {
      if (effect.do === 'read') {
        questions.push({ id: effect.id, copy: copies });
      }
      if (effect.do === 'send-none' || effect.do === 'send-content') answers++;
      if (effect.do === 'send-content')
        isOwnersContent &&= partsOf(effect.data)[0]?.[0] === copies % 256 && state.isOpen;
      if (effect.do === 'answer-paste') assert.ok(waiting.delete(effect.paste), 'a paste is answered twice');
    }
    assert.ok(state.asked.length <= MAX_WAITING && state.reads.length <= CLIPBOARD_TYPES.length);
    assert.ok(state.isOpen || state.owner === 'nobody');
  };
  const type = (): ClipboardType => pick(['text', 'png'], chance);
  const types = () => CLIPBOARD_TYPES.slice(0, chance(3));
  for (let turn = 0; turn < 60; turn++) {
    switch (chance(13)) {
      case 0:
        play({ on: pick(['opened', 'opened', 'closed', 'client-released'] as const, chance) });
        break;
      case 1:
        play({ on: 'closed' });
        copies++;
        play({ on: 'session-changed' });
        break;
      case 2:
        // The new client has asked for nothing yet.
        requests -= state.reads.reduce((sum, read) => sum + read.requests, 0);
        play({ on: 'client-changed' });
        break;
      case 3: {
        const serials = [() => state.serial, () => (state.serial - 1) >>> 0, () => chance(5), () => undefined];
        const serial = pick(serials, chance)();
        play({ on: 'client-grabbed', serial, types: types() });
        break;
      }
      case 4:
      case 5:
        requests++;
        play({ on: 'client-requested', type: chance(2) === 0 ? type() : undefined });
        break;
      case 6:
        play({ on: 'client-answered', type: chance(2) === 0 ? type() : undefined, data: Uint8Array.of(1) });
        break;
      case 7:
        play({ on: 'client-silent', id: chance(state.nextId + 1) });
        break;
      case 8:
        copies++;
        play({
          on: 'guest-grabbed',
          types: types(),
          offerSerial: chance(2) === 0 ? state.offerSerial : undefined,
          isOlder: chance(4) === 0,
        });
        break;
      case 9:
        play({ on: 'guest-released' });
        break;
      case 10:
        waiting.add(++lastPaste);
        play({ on: 'guest-pastes', paste: lastPaste, type: type() });
        break;
      case 11: {
        const paste = chance(lastPaste + 1);
        waiting.delete(paste); // who cancels waits no more
        play({ on: 'paste-cancelled', paste });
        break;
      }
      default: {
        const [question] = questions.splice(chance(questions.length + 1), 1);
        if (question === undefined) break;
        const data = chance(2) === 0 ? Uint8Array.of(question.copy) : undefined;
        play({ on: 'guest-answered', id: question.id, data });
      }
    }
  }
  for (const { id, copy } of questions.splice(0)) play({ on: 'guest-answered', id, data: Uint8Array.of(copy) });
  play({ on: 'closed' });
  assert.equal(answers, requests);
  assert.equal(waiting.size, 0);
  assert.ok(isOwnersContent, 'content of a former owner was sent');
});

const PLACES = ['ready', 'off', 'no-agent', 'locked'] as const;

/** Whatever comes in whatever order, each transfer is begun once, ends once, and is answered nothing after that. */
fuzz('no order of words makes the transfers of files say too much or too little', (chance) => {
  let state: FilesState = files.initial;
  const open = new Set<number>();
  for (let turn = 0; turn < 60; turn++) {
    const id = chance(3);
    const handle = chance(state.nextHandle + 1);
    const size = chance(4);
    const length = chance(4);
    const input = pick<FilesInput>(
      [
        { on: 'start', id, place: pick(PLACES, chance), file: { name: 'x', size, more: false } },
        { on: 'start', id, place: 'ready', file: { name: 'x', size, more: false } },
        { on: 'start', id, place: 'ready', file: 'malformed' },
        { on: 'data', id, length, claimed: BigInt(chance(10) === 0 ? chance(99) : length) },
        { on: 'begun', handle },
        { on: 'ended', handle },
        { on: 'failed', handle, fault: 'failed', free: undefined },
        { on: 'silent', handle },
        { on: 'stopped', id },
        { on: 'refused', id },
        { on: 'client-gone' },
        { on: 'session-gone', place: pick(PLACES, chance) },
      ],
      chance,
    );
    const before = state.transfers;
    const { state: next, effects } = files.step(state, input);
    state = next;
    for (const effect of effects) {
      if (effect.do === 'begin') {
        assert.ok(!open.has(effect.handle), 'handles are never given twice');
        open.add(effect.handle);
      } else if (effect.do === 'drop') assert.ok(open.delete(effect.handle), 'dropped once');
      else if (effect.do !== 'answer') assert.ok(open.has(effect.handle));
      else assert.ok(input.on === 'start' || before.has(effect.id), 'nobody is answered who did not ask');
    }
    if (input.on === 'ended') open.delete(input.handle);
    const known = [...state.transfers.values()];
    assert.deepEqual(known.map((one) => one.handle).sort(), [...open].sort());
    assert.ok(known.every(({ received, size }) => received <= size));
  }
});
