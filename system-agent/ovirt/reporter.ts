import { formatMessage } from '#protocol/ovirt/message.ts';
import type { Log } from '#shared/log/log.ts';
import type { OvirtOptions } from './options.ts';
import type { OvirtPorts } from './ports.ts';
import type { Members, Report } from './report.ts';

/** Whether to tell the host what it has been told already. */
type Manner = 'always' | 'if-changed';

/** Where reports go. */
export interface Listener {
  /** Whether the host is there, reads, and knows such a report. */
  understands(report: Report): boolean;
  send(line: Buffer): void;
}

/**
 * Collects reports and tells them, each as soon as it is known: one that takes its time holds up neither the others nor
 * a heartbeat, and is not begun a second time meanwhile.
 */
export class Reporter {
  readonly #collecting = new Map<Report, { manner: Manner; readonly done: Promise<void> }>();
  readonly #told = new Map<Report, string>();
  readonly #failing = new Set<Report>();

  constructor(
    private readonly ports: Partial<OvirtPorts>,
    private readonly options: OvirtOptions,
    private readonly listener: Listener,
    private readonly log: Log,
  ) {}

  /** Another host knows nothing yet. */
  forget(): void {
    this.#told.clear();
  }

  tell(reports: readonly Report[], manner: Manner): void {
    for (const report of reports) {
      if (report.isSupported(this.ports) && this.listener.understands(report)) this.#collect(report, manner);
    }
  }

  /** Resolves when all that is being collected has been told. */
  async settled(): Promise<void> {
    await Promise.all(Array.from(this.#collecting.values(), ({ done }) => done));
  }

  #collect(report: Report, manner: Manner): void {
    const present = this.#collecting.get(report);
    if (present !== undefined) {
      if (manner === 'always') present.manner = manner;
      return;
    }
    try {
      const members = report.collect(this.ports, this.options);
      if (members instanceof Promise) this.#await(report, members, manner);
      else this.#tell(report, members, manner);
    } catch (error) {
      this.#failed(report, error);
    }
  }

  #await(report: Report, members: Promise<Members>, manner: Manner): void {
    const collected = () => {
      const asked = this.#collecting.get(report)?.manner ?? manner;
      this.#collecting.delete(report);
      return asked;
    };
    const done = members
      .then((value) => this.#tell(report, value, collected()))
      .catch((error: unknown) => {
        collected();
        this.#failed(report, error);
      });
    this.#collecting.set(report, { manner, done });
  }

  #tell(report: Report, members: Members, manner: Manner): void {
    const line = formatMessage(report.name, members);
    this.#failing.delete(report);
    const text = line.toString('latin1');
    // Since it was asked for the host may have gone, or be another one of which less is known.
    if (!this.listener.understands(report) || (manner === 'if-changed' && this.#told.get(report) === text)) return;
    this.#told.set(report, text);
    this.listener.send(line);
  }

  /** Told in the log once, and again after it has worked. */
  #failed(report: Report, error: unknown): void {
    if (this.#failing.has(report)) return;
    this.#failing.add(report);
    this.log.warn('report failed', { report: report.name, error });
  }
}
