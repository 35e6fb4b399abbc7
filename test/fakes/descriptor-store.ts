import { closeSync } from 'node:fs';
import type { DescriptorStore } from '#system-agent/service-manager/service-manager.ts';
import { copyOf } from '#test/support/notify-socket.ts';

/** Keeps descriptors as systemd does, for one "run" after the other. */
export class FakeStore implements DescriptorStore, Disposable {
  readonly kept = new Map<string, number>();
  #inherited = new Map<string, number>();

  /** The next run begins. */
  restart(): void {
    this.#inherited = new Map([...this.kept].map(([name, fd]) => [name, copyOf(fd)]));
  }

  take(name: string): number | undefined {
    const fd = this.#inherited.get(name);
    this.#inherited.delete(name);
    return fd;
  }

  keep(name: string, fd: number): boolean {
    this.forget(name);
    this.kept.set(name, copyOf(fd));
    return true;
  }

  forget(name: string): void {
    const fd = this.kept.get(name);
    if (fd !== undefined) closeSync(fd);
    this.kept.delete(name);
  }

  forgetRest(): void {
    for (const [name, fd] of this.#inherited) {
      closeSync(fd);
      this.forget(name);
    }
    this.#inherited.clear();
  }

  [Symbol.dispose](): void {
    this.forgetRest();
    for (const name of [...this.kept.keys()]) this.forget(name);
  }
}
