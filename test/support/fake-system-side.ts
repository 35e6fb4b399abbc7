import type { SystemSide } from '#session-agent/system-side.ts';
import { FakeLink } from '#test/fakes/served-session.ts';

/** The session link as a session agent has it; the other end is the test, with `ask` and `say`. */
export class FakeSystemSide extends FakeLink implements SystemSide {
  readonly #downs = new Set<() => void>();

  onUp(): Disposable {
    return { [Symbol.dispose]: () => {} };
  }

  onDown(listener: () => void): Disposable {
    this.#downs.add(listener);
    return { [Symbol.dispose]: () => void this.#downs.delete(listener) };
  }

  goDown(): void {
    for (const listener of this.#downs) listener();
  }
}
