/** Calls `run` once after `delayMs`, unless it is disposed of before. */
export function after(delayMs: number, run: () => void): Disposable {
  const timer = setTimeout(run, delayMs);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
