import { AgentError } from '#shared/errors.ts';
import type { Ending, Exec, ProgramSpec } from './exec.ts';
import { type Budget, KeptOutput } from './kept.ts';

/** Where captured output goes; the bytes are valid during the call only. */
export interface Sinks {
  readonly stdout: (bytes: Uint8Array) => void;
  readonly stderr: (bytes: Uint8Array) => void;
}

export interface StartedProgram {
  readonly pid: number;
  /** Settles when it has ended and nobody holds its captured outputs open any more. Never rejects. */
  readonly ended: Promise<Pick<Ending, 'exitCode' | 'signal'>>;
  /** Stops listening to it; it goes on by itself. */
  abandon(): void;
}

export type StartProgram = (program: ProgramSpec, sinks: Sinks) => Promise<StartedProgram>;

export interface Limits {
  /** Programs that run or whose ending nobody has asked for. */
  readonly maxPrograms: number;
  /** Captured bytes of all of them. */
  readonly maxBytes: number;
}

const LIMITS: Limits = { maxPrograms: 1024, maxBytes: 256 * 1024 * 1024 };

interface Entry {
  readonly stdout: KeptOutput;
  readonly stderr: KeptOutput;
  program?: StartedProgram;
  how?: Pick<Ending, 'exitCode' | 'signal'>;
}

/**
 * Programs by process id. Endings are kept until they are asked for; where the limits are met, the one that ended first
 * is dropped, and with none to drop no program is started and no more output is kept (decision 18).
 */
export class ProgramTable implements Exec {
  readonly name = 'exec';
  readonly #running = new Map<number, Entry>();
  /** In the order in which they ended. */
  readonly #ended = new Map<number, Entry>();
  readonly #limits: Limits;
  readonly #budget: Budget;
  #starting = 0;
  #bytes = 0;

  constructor(
    private readonly startProgram: StartProgram,
    limits: Partial<Limits> = {},
  ) {
    this.#limits = { ...LIMITS, ...limits };
    this.#budget = {
      take: (bytes) => this.#makeRoom(bytes),
      give: (bytes) => {
        this.#bytes -= bytes;
      },
    };
  }

  async start(): Promise<void> {}

  /** The programs go on: they are not ours to end. */
  async stop(): Promise<void> {
    for (const { program } of this.#running.values()) program?.abandon();
    this.#running.clear();
    this.#ended.clear();
  }

  async run(spec: ProgramSpec): Promise<number> {
    if (this.#count >= this.#limits.maxPrograms && !this.#dropOldest()) {
      throw new AgentError('refused', `${this.#count} programs are running already`);
    }
    const entry: Entry = { stdout: new KeptOutput(this.#budget), stderr: new KeptOutput(this.#budget) };
    this.#starting++;
    try {
      const program = await this.startProgram(spec, {
        stdout: (bytes) => entry.stdout.add(bytes),
        stderr: (bytes) => entry.stderr.add(bytes),
      });
      this.#watch(program, entry);
      return program.pid;
    } finally {
      this.#starting--;
    }
  }

  poll(pid: bigint): Ending | undefined {
    const number = Number(pid);
    if (this.#running.has(number)) return undefined;
    const entry = this.#ended.get(number);
    if (entry === undefined) throw new AgentError('not-found', `PID ${pid} does not exist`);
    this.#ended.delete(number);
    const [stdout, stderr] = [entry.stdout.take(), entry.stderr.take()];
    return { ...entry.how, ...(stdout && { stdout }), ...(stderr && { stderr }) };
  }

  #watch(program: StartedProgram, entry: Entry): void {
    const { pid } = program;
    // The kernel gave the id again: whoever had it has ended, and only its output is still held open, or nobody asked.
    this.#running.get(pid)?.program?.abandon();
    this.#forget(pid);
    entry.program = program;
    this.#running.set(pid, entry);
    void program.ended.then((how) => {
      if (this.#running.get(pid) !== entry) return;
      this.#running.delete(pid);
      entry.how = how;
      this.#ended.set(pid, entry);
    });
  }

  get #count(): number {
    return this.#running.size + this.#ended.size + this.#starting;
  }

  #makeRoom(bytes: number): boolean {
    while (this.#bytes + bytes > this.#limits.maxBytes) if (!this.#dropOldest()) return false;
    this.#bytes += bytes;
    return true;
  }

  #dropOldest(): boolean {
    const [oldest] = this.#ended.keys();
    if (oldest === undefined) return false;
    this.#forget(oldest);
    return true;
  }

  #forget(pid: number): void {
    for (const table of [this.#running, this.#ended]) {
      const entry = table.get(pid);
      table.delete(pid);
      entry?.stdout.take();
      entry?.stderr.take();
    }
  }
}
