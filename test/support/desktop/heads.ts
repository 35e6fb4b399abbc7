import { setTimeout as sleep } from 'node:timers/promises';
import { runClient, type XServer } from './x-server.ts';

/** What another program of the session sees of the screen: "1024 x 768". */
export async function screenSize(server: Pick<XServer, 'env'>): Promise<string> {
  const text = await xrandr(server);
  return /current (\d+ x \d+)/.exec(text)?.[1] ?? text;
}

/** What another program sees of the outputs that are on: "DUMMY0 primary 1024x768+0+0". */
export async function heads(server: Pick<XServer, 'env'>): Promise<string[]> {
  const text = await xrandr(server);
  return [...text.matchAll(/^(\S+) (?:dis)?connected ((?:primary )?\d+x\d+\+\d+\+\d+)/gm)].map(
    ([, name, place]) => `${name} ${place}`,
  );
}

/** The modes that were made for clients. */
export async function ourModes(server: Pick<XServer, 'env'>): Promise<string[]> {
  return [...(await xrandr(server)).matchAll(/uga-\d+x\d+/g)].map(([name]) => name);
}

async function xrandr({ env }: Pick<XServer, 'env'>): Promise<string> {
  return (await runClient(env, ['xrandr', '--current'])).toString();
}

const DEADLINE_MS = 20_000;

/** Waits until the outputs are as expected. @returns what they are; the test says what is wrong with it */
export async function headsBecome(server: Pick<XServer, 'env'>, expected: readonly string[]): Promise<string[]> {
  const end = Date.now() + DEADLINE_MS;
  for (;;) {
    // xrandr asks for one thing after the other, and fails when there is a change between them.
    const seen = await heads(server).catch((error: unknown) => [String(error)]);
    if (seen.join() === expected.join() || Date.now() > end) return seen;
    await sleep(20);
  }
}
