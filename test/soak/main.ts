import { complaints, soakConfined } from './soak.ts';

const DEFAULT_CALLS = 1_000_000;

/** `npm run soak [-- CALLS]`: prints the figures as JSON. @returns 1 when the agent has kept anything */
export async function runSoak(argv: readonly string[]): Promise<number> {
  const calls = Number(argv[0] ?? DEFAULT_CALLS);
  if (!Number.isSafeInteger(calls) || calls < 1) {
    console.error(`soak: '${argv[0]}' is no number of calls`);
    return 2;
  }
  const figures = await soakConfined(calls);
  const wrong = complaints(figures);
  console.log(JSON.stringify({ ...figures, complaints: wrong }, undefined, 2));
  return wrong.length === 0 ? 0 : 1;
}
