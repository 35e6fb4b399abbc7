import type { Rectangle } from '#session-agent/monitors/layout.ts';
import type { SpiceClient } from '../spice/client.ts';
import { until } from '../support/wait.ts';

const SOON_MS = 30_000;

/** Who sees where X has the pointer. */
interface Witness {
  pointer(): Promise<{ readonly x: number; readonly y: number }>;
}

/**
 * A real client's pointer lands on the pixel at every corner of every display.
 * @param heads by their number, as places of the whole screen
 */
export async function landsAtCorners(client: SpiceClient, x: Witness, ...heads: readonly Rectangle[]): Promise<void> {
  for (const [display, head] of heads.entries()) {
    const [right, bottom] = [head.width - 1, head.height - 1];
    // The middle first: the kernel drops what changes nothing, and the pointer may be in the corner of another size.
    const middle = { x: head.width >> 1, y: head.height >> 1 };
    const corners = [0, right].flatMap((left) => [0, bottom].map((top) => ({ x: left, y: top })));
    for (const at of [middle, ...corners]) await landsAt(client, x, display, at, head);
  }
}

async function landsAt(
  client: SpiceClient,
  witness: Witness,
  display: number,
  at: { readonly x: number; readonly y: number },
  head: Rectangle,
): Promise<void> {
  const wanted = `${head.x + at.x}, ${head.y + at.y}`;
  let seen = '';
  await until(SOON_MS, `the pointer at ${wanted}`, async () => {
    // Again each time: clients see a new size before the agent's session has said it.
    await client.point(at.x, at.y, display);
    const { x, y } = await witness.pointer();
    seen = `${x}, ${y}`;
    return seen === wanted || undefined;
  }).catch((error: unknown) => {
    throw new Error(`display ${display}: the pointer is at ${seen}, not at ${wanted}`, { cause: error });
  });
}
