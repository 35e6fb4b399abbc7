import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Selection } from '#protocol/ipc/messages/clipboard.ts';
import type { ClipboardPort } from '#session-agent/desktop/backend.ts';
import { wholeOf } from '#shared/bytes/flow.ts';
import { give } from '#test/support/desktop/watched.ts';
import { type Compositor, watchedWayland, wlPaste } from '#test/support/desktop/wayland.ts';
import { runClient } from '#test/support/desktop/x-server.ts';
import { until } from '#test/support/programs.ts';
import { random } from '#test/support/random.ts';

const MOST_AT_ONCE = 6;
/** Of ten copies so many are wl-copy's: it takes as long as thousands of others. */
const REAL_COPIES = 2;
const never = new AbortController().signal;

type Owner = 'host' | 'guest' | 'nobody';

/** Our clipboard, and who owns it by what we were told and did: the session's machine in short. */
class Told {
  readonly owner = new Map<Selection, Owner>([
    ['clipboard', 'nobody'],
    ['primary', 'nobody'],
  ]);

  constructor(readonly clipboard: ClipboardPort) {
    clipboard.watch({
      took: (selection) => this.owner.set(selection, 'guest'),
      copied: (selection) => this.owner.set(selection, 'guest'),
      cleared: (selection) => this.owner.set(selection, 'nobody'),
    });
  }

  offer(selection: Selection, text: string): Promise<void> {
    this.owner.set(selection, 'host');
    return this.clipboard.offer(selection, ['text'], give(text));
  }

  withdraw(selection: Selection): Promise<void> {
    if (this.owner.get(selection) === 'host') this.owner.set(selection, 'nobody');
    return this.clipboard.withdraw(selection);
  }
}

/** Host and applications agree who owns what, however they race. @param actions how often something happens */
export async function interleaved(context: TestContext, compositor: Compositor, actions: number): Promise<void> {
  const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000_000);
  context.diagnostic(`FUZZ_SEED=${seed}`);
  const chance = random(seed);
  await using ours = await watchedWayland(compositor.env);
  await using other = await watchedWayland(compositor.env);
  const told = new Told(ours.clipboard);
  let serial = 0;

  const copies = async (selection: Selection) => {
    const text = `guest ${++serial}`;
    if (chance(10) >= REAL_COPIES) return other.clipboard.offer(selection, ['text'], give(text));
    // It stays behind to give its copy away, and would keep our pipes.
    const option = selection === 'primary' ? ' --primary' : '';
    await runClient(compositor.env, ['sh', '-c', `wl-copy${option} >/dev/null 2>&1`], { input: text });
  };
  const acts: readonly ((selection: Selection) => Promise<unknown>)[] = [
    copies,
    copies,
    (selection) => told.offer(selection, `host ${++serial}`),
    (selection) => told.offer(selection, `host ${++serial}`),
    (selection) => told.withdraw(selection),
    (selection) => other.clipboard.withdraw(selection),
    (selection) => ours.clipboard.read(selection, 'text', 100, never),
  ];

  for (let done = 0; done < actions; ) {
    const count = 1 + chance(MOST_AT_ONCE);
    const running: Promise<unknown>[] = [];
    for (let one = 0; one < count; one++) {
      const selection = chance(3) === 0 ? 'primary' : 'clipboard';
      const act = acts[chance(acts.length)];
      if (act !== undefined) running.push(act(selection));
      if (chance(3) === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    done += count;
    await Promise.all(running);
    for (const selection of ['clipboard', 'primary'] as const) {
      const pasted = (await wlPaste(compositor.env, 'text/plain', selection).catch(() => Buffer.alloc(0))).toString();
      const owner = pasted === '' ? 'nobody' : pasted.split(' ')[0];
      await until(
        () => told.owner.get(selection) === owner,
        `seed ${seed}, action ${done}: ${selection} is ${owner}'s`,
      );
      if (owner !== 'guest') continue;
      const read = await ours.clipboard.read(selection, 'text', 100, never);
      assert.equal(read && (await wholeOf(read)).toString(), pasted, `seed ${seed}, action ${done}`);
    }
  }
}
