import type { Log } from '#shared/log/log.ts';
import type { OvirtPorts } from './ports.ts';
import type { Report } from './report.ts';

/** What changes comes in bursts: a desktop that starts, an interface that gets its addresses. */
const GATHER_MS = 200;

/** Listens for what changes while a host is there, and passes it on in one piece. */
export class Changes {
  readonly #changed = new Set<Report>();
  #watches: Disposable[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param pass called with the reports that may have changed since the last call */
  constructor(
    private readonly reports: readonly Report[],
    private readonly ports: Partial<OvirtPorts>,
    private readonly pass: (reports: readonly Report[]) => void,
    private readonly log: Log,
  ) {}

  watch(): void {
    this.unwatch();
    for (const report of this.reports) {
      if (!report.isSupported(this.ports)) continue;
      try {
        const watch = report.watch(this.ports, () => this.#note(report));
        if (watch !== undefined) this.#watches.push(watch);
      } catch (error) {
        this.log.warn('changes are told at the next interval only', { report: report.name, error });
      }
    }
  }

  /** Idempotent. */
  unwatch(): void {
    for (const watch of this.#watches) watch[Symbol.dispose]();
    this.#watches = [];
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#changed.clear();
  }

  #note(report: Report): void {
    this.#changed.add(report);
    this.#timer ??= setTimeout(() => {
      const reports = [...this.#changed];
      this.#timer = undefined;
      this.#changed.clear();
      this.pass(reports);
    }, GATHER_MS);
  }
}
