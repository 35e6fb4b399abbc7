/** What is used of the `x11` package, which has no types of its own. */
declare module 'x11' {
  import type { EventEmitter } from 'node:events';
  import type { Duplex } from 'node:stream';

  /** Returns true when it has dealt with an error; otherwise the client emits it too. */
  export type Done<T> = (error: Error | null | undefined, result: T) => boolean;

  export interface PropertyNotify {
    readonly name: 'PropertyNotify';
    readonly seq: number;
    readonly wid: number;
    readonly atom: number;
    readonly time: number;
    /** 0 new value, 1 deleted. */
    readonly state: number;
  }
  export interface SelectionRequest {
    readonly name: 'SelectionRequest';
    readonly seq: number;
    readonly time: number;
    readonly owner: number;
    readonly requestor: number;
    readonly selection: number;
    readonly target: number;
    readonly property: number;
  }
  export interface SelectionClear {
    readonly name: 'SelectionClear';
    readonly seq: number;
    readonly time: number;
    readonly owner: number;
    readonly selection: number;
  }
  export interface SelectionNotify {
    readonly name: 'SelectionNotify';
    readonly seq?: number;
    readonly time: number;
    readonly requestor: number;
    readonly selection: number;
    readonly target: number;
    readonly property: number;
  }
  /** XFixes' event of the same name. */
  export interface OwnerNotify {
    readonly name: 'SelectionNotify';
    readonly seq: number;
    /** 0 set owner, 1 the owner's window is gone, 2 its client is. */
    readonly subtype: number;
    readonly owner: number;
    readonly selection: number;
    readonly timestamp: number;
    readonly selectionTimestamp: number;
  }
  export interface DestroyNotify {
    readonly name: 'DestroyNotify';
    readonly wid: number;
  }
  /** Any other one; RRNotify comes without a name. */
  export interface OtherEvent {
    readonly name?: 'RRScreenChangeNotify';
    readonly type: number;
  }
  export type XEvent =
    | PropertyNotify
    | SelectionRequest
    | SelectionClear
    | SelectionNotify
    | OwnerNotify
    | DestroyNotify
    | OtherEvent;

  export interface Property {
    /** 0: there is no such property. */
    readonly type: number;
    readonly format: number;
    readonly bytesAfter: number;
    readonly data: Buffer;
  }

  export interface BigRequests {
    /** Answers the longest request that the server takes from now on, in words of four bytes. */
    Enable(done: Done<number>): void;
  }

  export interface Fixes {
    readonly major: number;
    SelectSelectionInput(window: number, selection: number, mask: number): void;
  }

  export interface XTest {
    readonly ButtonPress: number;
    readonly ButtonRelease: number;
    readonly MotionNotify: number;
    /** With `MotionNotify` the detail is 0 for absolute places, which are of the window's screen. */
    FakeInput(type: number, detail: number, delayMs: number, window: number, x: number, y: number): void;
    /** Requests of this client are carried out also while another one has grabbed the server. */
    GrabControl(isImpervious: boolean): void;
  }

  export interface Pointer {
    readonly rootX: number;
    readonly rootY: number;
    /** Of modifiers and, from bit 8, buttons. */
    readonly keyMask: number;
  }

  export interface Mode {
    readonly id: number;
    readonly width: number;
    readonly height: number;
    readonly name: string;
    /** 16: interlaced. */
    readonly modeflags: number;
  }
  export interface ModeLine {
    readonly name: string;
    readonly width: number;
    readonly height: number;
    readonly dot_clock: number;
    readonly h_sync_start: number;
    readonly h_sync_end: number;
    readonly h_total: number;
    readonly h_skew: number;
    readonly v_sync_start: number;
    readonly v_sync_end: number;
    readonly v_total: number;
    readonly modeflags: number;
  }
  export interface ScreenResources {
    /** Server times: when somebody last arranged the outputs, and when they themselves last changed. */
    readonly timestamp: number;
    readonly config_timestamp: number;
    readonly crtcs: readonly number[];
    readonly outputs: readonly number[];
    readonly modeinfos: readonly Mode[];
  }
  export interface OutputInfo {
    readonly name: string;
    /** 0: none. */
    readonly crtc: number;
    /** 0 connected, 1 not, 2 unknown. */
    readonly connection: number;
    readonly crtcs: readonly number[];
    /** Preferred ones first. */
    readonly modes: readonly number[];
    /** How many of them are preferred. */
    readonly preferredModes: number;
  }
  export interface CrtcInfo {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
    /** 0: off. */
    readonly mode: number;
    readonly rotation: number;
    readonly output: readonly number[];
  }
  export interface SizeRange {
    readonly minWidth: number;
    readonly minHeight: number;
    readonly maxWidth: number;
    readonly maxHeight: number;
  }
  export interface RandR {
    readonly firstEvent: number;
    readonly major_version: number;
    readonly minor_version: number;
    SelectInput(window: number, mask: number): void;
    GetScreenResources(window: number, done: Done<ScreenResources>): void;
    GetScreenResourcesCurrent(window: number, done: Done<ScreenResources>): void;
    GetOutputInfo(output: number, configTimestamp: number, done: Done<OutputInfo>): void;
    GetCrtcInfo(crtc: number, configTimestamp: number, done: Done<CrtcInfo>): void;
    /** Type 0: any; `type` 0 in the answer: there is none. */
    GetOutputProperty(
      output: number,
      property: number,
      type: number,
      offsetWords: number,
      lengthWords: number,
      remove: boolean,
      pending: boolean,
      done: Done<Pick<Property, 'type' | 'format' | 'data'>>,
    ): void;
    GetScreenSizeRange(window: number, done: Done<SizeRange>): void;
    SetScreenSize(window: number, width: number, height: number, mmWidth: number, mmHeight: number): void;
    CreateMode(window: number, mode: ModeLine, done: Done<number>): void;
    DestroyMode(mode: number): void;
    AddOutputMode(output: number, mode: number): void;
    DeleteOutputMode(output: number, mode: number): void;
    SetCrtcConfig(
      crtc: number,
      time: number,
      configTimestamp: number,
      x: number,
      y: number,
      mode: number,
      rotation: number,
      outputs: readonly number[],
      done: Done<{ readonly status: number }>,
    ): void;
  }

  export interface Geometry {
    readonly width: number;
    readonly height: number;
  }

  export interface Display {
    readonly screen: readonly { readonly root: number }[];
  }

  export interface Client extends EventEmitter {
    /** Number of the last request; events carry the number of the last one that the server had dealt with. */
    seq_num: number;
    /** Requests on their way out, for those that the package does not make itself; each counts as one in `seq_num`. */
    readonly pack_stream: { put(request: Buffer): void; submit(expectsReply: boolean): boolean };
    /** Atoms by name and names by atom, as far as they are known. */
    atoms: Record<string, number>;
    atom_names: Record<number, string>;
    on(event: 'connect', listener: (display: Display) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    on(event: 'event', listener: (event: XEvent) => void): this;
    require(name: 'big-requests', done: Done<BigRequests>): void;
    require(name: 'fixes', done: Done<Fixes>): void;
    require(name: 'randr', done: Done<RandR>): void;
    require(name: 'xtest', done: Done<XTest>): void;
    AllocID(): number;
    ReleaseID(id: number): void;
    CreateWindow(
      id: number,
      parent: number,
      x: number,
      y: number,
      width: number,
      height: number,
      border: number,
      depth: number,
      windowClass: number,
      visual: number,
      values: { readonly eventMask: number },
    ): void;
    ChangeWindowAttributes(window: number, values: { readonly eventMask: number }, done?: Done<void>): void;
    DestroyWindow(window: number): void;
    InternAtom(onlyIfExists: boolean, name: string, done: Done<number>): void;
    GetAtomName(atom: number, done: Done<string>): void;
    ChangeProperty(
      mode: 0 | 1 | 2,
      window: number,
      property: number,
      type: number,
      format: 8 | 32,
      data: Buffer | readonly number[],
    ): void;
    GetProperty(
      remove: 0 | 1,
      window: number,
      property: number,
      type: number,
      offsetWords: number,
      lengthWords: number,
      done: Done<Property>,
    ): void;
    DeleteProperty(window: number, property: number): void;
    /** Until the other, the server listens to nobody else. */
    GrabServer(): void;
    UngrabServer(): void;
    SetSelectionOwner(owner: number, selection: number, time: number): void;
    GetSelectionOwner(selection: number, done: Done<number>): void;
    ConvertSelection(requestor: number, selection: number, target: number, property: number, time: number): void;
    /** A Buffer is an event of 32 bytes as it goes over the wire. */
    SendEvent(destination: number, propagate: boolean, eventMask: number, event: SelectionNotify | Buffer): void;
    /** Answers 0 if the keyboard is ours now, 1 if another client has it. */
    GrabKeyboard(
      window: number,
      ownerEvents: 0 | 1,
      time: number,
      pointerMode: 0 | 1,
      keyboardMode: 0 | 1,
      done: Done<number>,
    ): void;
    UngrabKeyboard(time: number): void;
    QueryPointer(window: number, done: Done<Pointer>): void;
    GetGeometry(drawable: number, done: Done<Geometry>): void;
  }

  export interface Options {
    readonly stream: Duplex;
    readonly display: string;
    readonly auth: { readonly name: string; readonly data: string };
  }

  export function createClient(options: Options): Client;
}
