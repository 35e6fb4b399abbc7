import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Program, temporaryFolder } from '../programs.ts';

/** A message bus of the test's own; it can be killed and started again at the same address. */
export class PrivateBus implements AsyncDisposable {
  readonly #folder = temporaryFolder();
  #daemon: Program | undefined;

  /** @param policy what its users may do, in the daemon's configuration language; by default everything */
  constructor(
    private readonly policy = '<allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/><allow user="*"/>',
  ) {}

  get socket(): string {
    return path.join(this.#folder.path, 'bus');
  }

  /** The same bus under an abstract name. */
  get abstractName(): string {
    return this.socket;
  }

  get address(): string {
    return `unix:path=${this.socket}`;
  }

  async start(): Promise<this> {
    const configuration = path.join(this.#folder.path, 'bus.conf');
    writeFileSync(
      configuration,
      `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
         "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
       <busconfig><listen>${this.address}</listen><listen>unix:abstract=${this.abstractName}</listen><auth>EXTERNAL</auth>
       <policy context="default">${this.policy}</policy></busconfig>`,
    );
    this.#daemon = new Program([
      'dbus-daemon',
      `--config-file=${configuration}`,
      '--nofork',
      '--nopidfile',
      '--nosyslog',
    ]);
    await this.#daemon.socket(this.socket);
    return this;
  }

  /** Dies without a word to its clients. */
  async kill(): Promise<void> {
    this.#daemon?.kill('SIGKILL');
    await this.#daemon?.exited;
    rmSync(this.socket, { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon?.[Symbol.asyncDispose]();
    this.#folder[Symbol.dispose]();
  }
}
