import type { Client, Done, Mode, ModeLine, RandR } from 'x11';
import type { XConnection } from '#session-agent/desktop/x11/connection.ts';

interface FakeOutput {
  readonly id: number;
  readonly name: string;
  readonly crtcs: readonly number[];
  connected: boolean;
  preferredModes: number;
  modes: number[];
  crtc: number;
}

interface FakeCrtc {
  readonly id: number;
  x: number;
  y: number;
  mode: number;
  output: readonly number[];
}

export interface FakeScreenOptions {
  /** Outputs by name, each with the crtcs that can drive it. */
  readonly outputs: Readonly<Record<string, readonly number[]>>;
  /** Modes that each output has by itself. */
  readonly sizes?: readonly (readonly [width: number, height: number])[];
  readonly size?: { readonly width: number; readonly height: number };
  readonly maxSize?: number;
}

const NO_ANSWER = Object.freeze({ type: 0, format: 0, data: Buffer.alloc(0) });

/**
 * An X screen that is as strict as the server: what it would refuse is written down as a fault, since a caller that sends it is
 * wrong; what it may refuse for want of memory or hardware, the test says. Source: X.Org server, randr/rrcrtc.c, rrmode.c, rrscreen.c.
 */
export class FakeScreen {
  readonly faults: string[] = [];
  readonly outputs: FakeOutput[];
  readonly crtcs: FakeCrtc[];
  modes: Mode[];
  width: number;
  height: number;
  /** Requests that change something, so far. */
  changes = 0;
  /** The request of that number, and those after it up to `failUntil`, fail for want of something. */
  failFrom = Number.POSITIVE_INFINITY;
  failUntil = Number.POSITIVE_INFINITY;
  readonly #maxSize: number;
  #lastId = 1000;

  constructor({ outputs, sizes = [[1024, 768]], size, maxSize = 8192 }: FakeScreenOptions) {
    this.modes = sizes.map(([width, height]) => this.#mode(`${width}x${height}`, width, height));
    const own = this.modes.map(({ id }) => id);
    this.outputs = Object.entries(outputs).map(([name, crtcs], index) => ({
      ...{ id: 100 + index, name, crtcs, connected: true, preferredModes: 0, modes: [...own], crtc: 0 },
    }));
    this.crtcs = [...new Set(Object.values(outputs).flat())].map((id) => ({ id, x: 0, y: 0, mode: 0, output: [] }));
    ({ width: this.width, height: this.height } = size ?? { width: 1024, height: 768 });
    this.#maxSize = maxSize;
  }

  /** What it shows, in one comparable value. */
  get shown(): unknown {
    const { width, height } = this;
    return { width, height, crtcs: structuredClone(this.crtcs) };
  }

  /** As "name 800x600+0+0", of the outputs that are on. */
  get heads(): string[] {
    return this.outputs.flatMap(({ name, crtc }) => {
      const area = this.#areaOf(this.crtcs.find(({ id }) => id === crtc));
      return area === undefined ? [] : [`${name} ${area.width}x${area.height}+${area.x}+${area.y}`];
    });
  }

  /** Switches an output on without any check. */
  light(name: string, crtc: number, mode: number, x = 0, y = 0): void {
    const output = this.outputs.find((one) => one.name === name);
    const target = this.crtcs.find(({ id }) => id === crtc);
    if (output === undefined || target === undefined) throw new Error(`no ${name} or ${crtc}`);
    output.crtc = crtc;
    Object.assign(target, { x, y, mode: this.modes[mode]?.id ?? 0, output: [output.id] });
  }

  /** The host gives a display another size, and the device prefers it. */
  prefer(name: string, width: number, height: number): void {
    const output = this.outputs.find((one) => one.name === name);
    if (output === undefined) throw new Error(`no ${name}`);
    const mode = this.#mode(`${width}x${height}`, width, height);
    this.modes.push(mode);
    output.modes = [mode.id, ...output.modes];
    output.preferredModes = 1;
  }

  /** A connection to it, as far as monitors need one. */
  get connection(): XConnection {
    const client: Partial<Client> = {
      require: (_: string, done: Done<never>) => void done(null, this.#randr as never),
      GetGeometry: (_, done) => void done(null, { width: this.width, height: this.height }),
      GrabServer: () => {},
      UngrabServer: () => {},
    };
    const ask = <T>(what: string, send: (client: Client, done: Done<T>) => void) =>
      new Promise<T>((resolve, reject) => {
        send(client as Client, (error, result) => {
          if (error) reject(new Error(`${what}: ${error.message}`));
          else resolve(result);
          return true;
        });
      });
    const connection = {
      root: 1,
      client,
      ask,
      listen: () => ({ [Symbol.dispose]: () => {} }),
      atoms: async (names: readonly string[]) => Object.fromEntries(names.map((name, index) => [name, index])),
    };
    return connection as unknown as XConnection;
  }

  readonly #randr: RandR = {
    ...{ firstEvent: 89, major_version: 1, minor_version: 6 },
    SelectInput: () => {},
    GetScreenResources: (root, done) => this.#randr.GetScreenResourcesCurrent(root, done),
    GetScreenResourcesCurrent: (_, done) =>
      void done(null, {
        ...{ timestamp: 1, config_timestamp: 1, modeinfos: [...this.modes] },
        crtcs: this.crtcs.map(({ id }) => id),
        outputs: this.outputs.map(({ id }) => id),
      }),
    GetOutputInfo: (id, _, done) => {
      const { name, crtc, crtcs, connected, preferredModes, modes } = this.#output(id);
      done(null, { name, crtc, crtcs, preferredModes, modes: [...modes], connection: connected ? 0 : 1 });
    },
    GetCrtcInfo: (id, _, done) => {
      const crtc = this.#crtc(id);
      const { width = 0, height = 0 } = this.#areaOf(crtc) ?? {};
      done(null, { ...crtc, width, height, rotation: 1 });
    },
    GetOutputProperty: (_output, _property, _type, _offset, _length, _remove, _pending, done) => {
      done(null, NO_ANSWER);
    },
    GetScreenSizeRange: (_, done) =>
      void done(null, { minWidth: 8, minHeight: 8, maxWidth: this.#maxSize, maxHeight: this.#maxSize }),
    SetScreenSize: (_, width, height) => {
      if (this.#fails()) return;
      for (const crtc of this.crtcs) {
        const area = this.#areaOf(crtc);
        if (area && (area.x + area.width > width || area.y + area.height > height)) {
          this.#fault(`the screen becomes ${width}x${height} around crtc ${crtc.id}`);
          return;
        }
      }
      if (width > this.#maxSize || height > this.#maxSize) this.#fault(`a screen of ${width}x${height}`);
      this.width = width;
      this.height = height;
    },
    CreateMode: (_, { name, width, height }: ModeLine, done) => {
      if (this.#fails()) return void done(new Error('no memory'), 0);
      if (this.modes.some((mode) => mode.name === name)) return this.#refuse(done, `a second mode ${name}`);
      const mode = this.#mode(name, width, height);
      this.modes.push(mode);
      done(null, mode.id);
    },
    DestroyMode: (id) => {
      if (this.outputs.some(({ modes }) => modes.includes(id))) this.#fault(`mode ${id} is gone while it is listed`);
      this.modes = this.modes.filter((mode) => mode.id !== id);
    },
    AddOutputMode: (output, mode) => {
      const { modes } = this.#output(output);
      if (!modes.includes(mode)) modes.push(mode);
    },
    DeleteOutputMode: (output, mode) => {
      const target = this.#output(output);
      if (this.#crtc(target.crtc, false)?.mode === mode)
        this.#fault(`mode ${mode} is taken from under output ${output}`);
      target.modes = target.modes.filter((id) => id !== mode);
    },
    SetCrtcConfig: (id, _time, _config, x, y, mode, _rotation, outputs, done) => {
      if (this.#fails()) return void done(null, { status: 3 });
      const crtc = this.#crtc(id);
      const fault = mode === 0 ? undefined : this.#faultOf(crtc, { x, y, mode, output: outputs });
      if (fault !== undefined) return this.#refuse(done, fault);
      for (const output of this.outputs) if (output.crtc === id) output.crtc = 0;
      Object.assign(crtc, mode === 0 ? { x: 0, y: 0, mode: 0, output: [] } : { x, y, mode, output: outputs });
      for (const output of outputs) this.#output(output).crtc = id;
      done(null, { status: 0 });
    },
  };

  #faultOf(crtc: FakeCrtc, to: Omit<FakeCrtc, 'id'>): string | undefined {
    const area = this.#areaOf({ ...crtc, ...to });
    if (area === undefined || to.output.length === 0) return `crtc ${crtc.id} on without a mode or an output`;
    if (area.x < 0 || area.y < 0 || area.x + area.width > this.width || area.y + area.height > this.height) {
      return `crtc ${crtc.id} beyond the screen`;
    }
    for (const id of to.output) {
      const { crtcs, modes, crtc: former, name } = this.#output(id);
      if (!crtcs.includes(crtc.id)) return `crtc ${crtc.id} cannot drive ${name}`;
      if (!modes.includes(to.mode)) return `${name} has no such mode`;
      if (former !== 0 && former !== crtc.id) return `${name} on two crtcs`;
    }
    return undefined;
  }

  #refuse(done: Done<never>, fault: string): void {
    this.#fault(fault);
    done(new Error(fault), undefined as never);
  }

  #fault(fault: string): void {
    this.faults.push(fault);
  }

  #fails(): boolean {
    this.changes++;
    return this.changes >= this.failFrom && this.changes < this.failUntil;
  }

  #areaOf(crtc: FakeCrtc | undefined) {
    const mode = this.modes.find(({ id }) => id === crtc?.mode);
    return crtc && mode && { x: crtc.x, y: crtc.y, width: mode.width, height: mode.height };
  }

  #mode(name: string, width: number, height: number): Mode {
    return { id: ++this.#lastId, name, width, height, modeflags: 0 };
  }

  #output(id: number): FakeOutput {
    const output = this.outputs.find((one) => one.id === id);
    if (output === undefined) throw new Error(`no output ${id}`);
    return output;
  }

  #crtc(id: number): FakeCrtc;
  #crtc(id: number, isNeeded: boolean): FakeCrtc | undefined;
  #crtc(id: number, isNeeded = true): FakeCrtc | undefined {
    const crtc = this.crtcs.find((one) => one.id === id);
    if (crtc === undefined && isNeeded) throw new Error(`no crtc ${id}`);
    return crtc;
  }
}
