import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Effect,
  type Input,
  initial,
  MAX_KEPT_BYTES,
  MAX_WAITING,
  type State,
  step,
} from '#session-agent/clipboard/machine.ts';
import { Flow } from '#shared/bytes/flow.ts';
import { AgentError } from '#shared/errors.ts';
import { random } from '#test/support/random.ts';

const TEXT = ['text'] as const;
const content = Buffer.from('content');
const allowed: Input = { on: 'rights', allowed: true };
const copied: Input = { on: 'app-copied', types: TEXT };
const grabbed: Input = { on: 'host-grabbed', types: TEXT, serial: 1 };

const pasting = (id: number): Input => ({ on: 'app-pastes', paste: { id, type: 'text' } });
const reading = (id: number): Input => ({ on: 'host-reads', id, type: 'text', maxBytes: 100 });
const hostContent = (generation: number): Input => ({ on: 'host-content', generation, type: 'text', content });

function play(...inputs: Input[]): { state: State; effects: Effect[] } {
  let state = initial;
  let effects: readonly Effect[] = [];
  for (const input of inputs) ({ state, effects } = step(state, input));
  return { state, effects: [...effects] };
}

const names = (effects: readonly Effect[]) => effects.map((effect) => effect.do);

describe('the clipboard machine', () => {
  it('tells the host of a copy only while the session may use the clipboard', () => {
    assert.deepEqual(names(play(copied).effects), []);
    assert.deepEqual(names(play(copied, allowed).effects), ['send-grab']);
    assert.deepEqual(names(play(allowed, copied).effects), ['send-grab']);
  });

  it('releases when the rights go, and grabs again when they come back', () => {
    const locked: Input = { on: 'rights', allowed: false };
    assert.deepEqual(names(play(allowed, copied, locked).effects), ['send-release']);
    assert.deepEqual(names(play(allowed, copied, locked, allowed).effects), ['send-grab']);
    assert.deepEqual(names(play(allowed, grabbed, locked).effects), ['withdraw']);
    assert.deepEqual(names(play(allowed, grabbed, locked, allowed).effects), ['send-release']);
  });

  it('says when it is given the clipboard and has nothing, so that the host offers what it has', () => {
    assert.deepEqual(names(play(allowed).effects), ['send-release']);
    assert.deepEqual(names(play(allowed, allowed).effects), []);
    assert.deepEqual(names(play(copied, { on: 'app-took' }, allowed).effects), []);
  });

  it('does not release between two copies', () => {
    assert.deepEqual(names(play(allowed, copied, { on: 'app-took' }).effects), []);
    assert.deepEqual(names(play(allowed, copied, { on: 'app-took' }, copied).effects), ['send-grab']);
  });

  it('releases a grab when the new owner has nothing that can be carried', () => {
    assert.deepEqual(names(play(allowed, copied, { on: 'app-took' }, { on: 'app-cleared' }).effects), ['send-release']);
    assert.deepEqual(names(play(allowed, grabbed, { on: 'app-took' }, { on: 'app-cleared' }).effects), []);
  });

  it('ignores a grab without a type that this desktop has', () => {
    const { state, effects } = play(allowed, copied, { on: 'host-grabbed', types: [], serial: 1 });
    assert.equal(state.owner.kind, 'guest');
    assert.deepEqual(effects, []);
  });

  it('asks the host once for two pastes and answers both', () => {
    const { state, effects } = play(allowed, grabbed, pasting(1), pasting(2));
    assert.deepEqual(effects, []);
    assert.deepEqual(step(state, hostContent(1)).effects, [
      { do: 'answer-paste', id: 1, content },
      { do: 'answer-paste', id: 2, content },
    ]);
  });

  it('keeps what is short for the next paste, as long as the host has it, and nothing that is long', () => {
    const pasted = play(allowed, grabbed, pasting(1), hostContent(1), pasting(2));
    assert.deepEqual(pasted.effects, [{ do: 'answer-paste', id: 2, content }]);
    assert.deepEqual(names(play(allowed, grabbed, pasting(1), hostContent(1), grabbed, pasting(2)).effects), [
      'ask-host',
    ]);
    const long: Input = { on: 'host-content', generation: 1, type: 'text', content: Buffer.alloc(MAX_KEPT_BYTES + 1) };
    assert.deepEqual(names(play(allowed, grabbed, pasting(1), long, pasting(2)).effects), ['ask-host']);
    const broken = new Flow(5);
    const half: Input = { on: 'host-content', generation: 1, type: 'text', content: broken };
    const pastedHalf = play(allowed, grabbed, pasting(1), half).state;
    assert.deepEqual(step(pastedHalf, pasting(2)).effects, [{ do: 'answer-paste', id: 2, content: broken }]);
    broken.fail(new AgentError('cancelled', 'the client has left'));
    assert.deepEqual(names(step(pastedHalf, pasting(3)).effects), ['ask-host']);
    const locked = play(allowed, grabbed, pasting(1), hostContent(1), { on: 'rights', allowed: false }, pasting(2));
    assert.deepEqual(locked.effects, [{ do: 'answer-paste', id: 2, content: undefined }]);
  });

  it('does not give content of an earlier grab to a paste of a later one', () => {
    const { state, effects } = play(allowed, grabbed, pasting(1), grabbed, pasting(2));
    assert.deepEqual(effects, [{ do: 'ask-host', type: 'text', generation: 2 }]);
    assert.deepEqual(step(state, hostContent(1)).effects, []);
    assert.deepEqual(step(state, hostContent(2)).effects, [{ do: 'answer-paste', id: 2, content }]);
  });

  it('fails waiting pastes when an application takes over', () => {
    assert.deepEqual(play(allowed, grabbed, pasting(1), { on: 'app-took' }).effects, [
      { do: 'answer-paste', id: 1, content: undefined },
    ]);
  });

  it('answers a waiting read without content when the owner changes', () => {
    const { effects } = play(allowed, copied, reading(1), grabbed);
    assert.deepEqual(names(effects), ['answer-read', 'offer']);
  });

  it('refuses reads without the right, without a copy, of another type, and beyond the cap', () => {
    for (const inputs of [[reading(1)], [copied, reading(1)], [allowed, reading(1)], [allowed, grabbed, reading(1)]]) {
      const [answer] = play(...inputs).effects;
      assert.ok(answer?.do === 'answer-read' && 'why' in answer);
    }
    const png: Input = { on: 'host-reads', id: 1, type: 'png', maxBytes: 1 };
    assert.deepEqual(play(allowed, copied, png).effects, [
      { do: 'answer-read', id: 1, why: 'the application has no png' },
    ]);
    const many = Array.from({ length: MAX_WAITING }, (_, id) => reading(id));
    assert.deepEqual(names(play(allowed, copied, ...many).effects), ['read-app']);
    assert.deepEqual(names(play(allowed, copied, ...many, reading(99)).effects), ['answer-read']);
  });

  it('answers every paste and every read exactly once, whatever happens', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const pick = random(seed);
      const open = new Set<string>();
      let id = 0;
      let state = initial;
      const feed = (input: Input) => {
        const result = step(state, input);
        state = result.state;
        for (const effect of result.effects) {
          if (effect.do !== 'answer-paste' && effect.do !== 'answer-read') continue;
          const key = `${effect.do} ${effect.id}`;
          assert.ok(open.delete(key), `${key} twice, seed ${seed}`);
        }
      };
      const ask = () => {
        id++;
        const isPaste = pick(2) === 0;
        open.add(isPaste ? `answer-paste ${id}` : `answer-read ${id}`);
        feed(isPaste ? pasting(id) : reading(id));
      };
      const inputs: readonly (() => Input)[] = [
        () => ({ on: 'rights', allowed: pick(3) > 0 }),
        () => copied,
        () => ({ on: 'app-took' }),
        () => ({ on: 'app-cleared' }),
        () => grabbed,
        () => ({ on: 'host-released' }),
        () => hostContent(pick(state.generation + 2)),
        () => ({ on: 'app-content', id: pick(id + 2), content }),
        () => ({ on: 'paste-overdue', id: pick(id + 2) }),
        () => ({ on: 'read-overdue', id: pick(id + 2) }),
      ];
      for (let turn = 0; turn < 100; turn++) {
        if (pick(2) === 0) ask();
        else feed((inputs[pick(inputs.length)] ?? (() => copied))());
      }
      for (let late = 1; late <= id; late++) {
        feed({ on: 'paste-overdue', id: late });
        feed({ on: 'read-overdue', id: late });
      }
      assert.deepEqual([...open], [], `seed ${seed}`);
    }
  });
});
