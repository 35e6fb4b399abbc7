import type { ClipboardType, Selection } from '#protocol/ipc/messages/clipboard.ts';
import type { MonitorsConfigure, PointerLayout } from '#protocol/ipc/messages/monitors.ts';
import type { PointerFrame } from '#protocol/ipc/messages/pointer.ts';
import type { Content } from '#shared/bytes/flow.ts';
import type { Bus } from '#shared/dbus/bus.ts';
import type { Log } from '#shared/log/log.ts';
import type { LocatedDisplay } from '../monitors/display-ids.ts';
import type { OutputState } from '../monitors/follow.ts';

/** What is known of the session before a desktop is opened. */
export interface SessionInfo {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The session's, for desktops that are spoken to there too. */
  readonly bus?: Bus;
  readonly log: Log;
  /** The clipboard may be looked at again and again where there is no other way to it. */
  readonly pollsClipboard?: boolean;
}

/** One way to reach a desktop. A new desktop is a new folder that exports one of these. */
export interface DesktopBackend {
  readonly name: string;
  /** Cheap and without effect: is this the session we run in? */
  detect(session: SessionInfo): boolean;
  /**
   * Aborting `signal` abandons the opening.
   * @throws {AgentError} naming the display and what is wrong with it
   */
  open(session: SessionInfo, signal: AbortSignal): Promise<Desktop>;
}

/** What the session can do here. A missing port is a capability that is not announced to hosts (L6). */
export interface Desktop extends AsyncDisposable {
  readonly display: 'x11' | 'wayland' | 'none';
  /** What each port below goes through, for people: "X11". */
  readonly by: Readonly<Partial<Record<DesktopPort, string>>>;
  /** Why a port is missing, for people. */
  readonly lacks: Readonly<Partial<Record<DesktopPort, string>>>;
  /** Resolves with the reason when the desktop is gone without our doing; then nothing of it works any more. */
  readonly lost: Promise<string>;
  /** Resolves with the reason when it has other ways than it had, so that it is to be opened anew. Absent: never. */
  readonly changed?: Promise<string>;
  readonly clipboard?: ClipboardPort;
  readonly monitors?: MonitorsPort;
  readonly pointerLayout?: PointerLayoutPort;
  /** Absent also where nobody knows where the displays are. */
  readonly pointer?: PointerPort;
  /** Absent where no program may close another's windows. */
  readonly windows?: WindowsPort;
  /** Absent where nobody can tell who has the keyboard. */
  readonly keyboard?: KeyboardPort;
}

export type DesktopPort = 'clipboard' | 'monitors' | 'pointerLayout' | 'pointer';

/** What applications do to a selection. */
export interface ClipboardListener {
  /** One has become owner; what it has follows as `copied` or `cleared`. */
  took(selection: Selection): void;
  copied(selection: Selection, types: readonly ClipboardType[]): void;
  /** Nobody owns it, or somebody who has nothing that we carry. */
  cleared(selection: Selection): void;
}

/**
 * Gives the content of what the host's side offers, when an application pastes it; long content may still be coming.
 * undefined: there is none.
 */
export type Provide = (type: ClipboardType) => Promise<Content | undefined>;

export interface ClipboardPort {
  readonly selections: readonly Selection[];
  /** Those it can carry, best first. */
  readonly types: readonly ClipboardType[];
  /**
   * Whether the host's side can have copies now; at first it cannot. For those that have to look for them: what was copied meanwhile
   * is told when it can. Absent: copies are told anyway.
   */
  want?(isWanted: boolean): void;
  /** Begins to watch; what is owned already is told too. What we offer ourselves is never told. */
  watch(listener: ClipboardListener): Disposable;
  /**
   * Content of the application that was told last.
   * @param signal gives it up, until there is an answer; a flow is given up by stopping it
   * @returns undefined if it does not give any, gives up, or has more than `maxBytes`; what shows later fails the flow
   */
  read(selection: Selection, type: ClipboardType, maxBytes: number, signal: AbortSignal): Promise<Content | undefined>;
  /** Becomes owner for the host's side. Nothing is fetched before an application pastes (W3). */
  offer(selection: Selection, types: readonly ClipboardType[], provide: Provide): Promise<void>;
  /** Gives up what was offered, if it still is. */
  withdraw(selection: Selection): Promise<void>;
}

export interface Outcome {
  readonly applied: boolean;
  /** Why not, or what of the wish could not be had. */
  readonly why?: string;
}

/** Clients count displays and take the nearest size; a device's outputs are in the server's order and sizes are theirs. */
export type WishOf = 'client' | 'device';

/** The outputs at one moment. */
export interface Outputs {
  /** In the server's order. */
  readonly states: readonly OutputState[];
  /** They have changed since anybody arranged them. */
  readonly areUntouched: boolean;
}

export interface MonitorsPort {
  /** Called for one wish at a time. Never rejects. @param of default: a client */
  configure(wish: MonitorsConfigure, of?: WishOf): Promise<Outcome>;
  /** Which outputs are the displays that clients count, from now on. */
  identify(displays: readonly LocatedDisplay[]): void;
  /** @throws {AgentError} */
  look(): Promise<Outputs>;
  /** Not called while a wish is being applied, but once after it. */
  onChange(listener: () => void): Disposable;
}

export interface PointerLayoutPort {
  read(): Promise<PointerLayout>;
  /** Not called while a wish is being applied, but once after it. */
  onChange(listener: () => void): Disposable;
}

export interface PointerPort {
  /** Moves and presses, in order. @throws {AgentError} when the display does not take them */
  put(frames: readonly PointerFrame[]): Promise<void>;
  /** Lets go of what is held. @throws {AgentError} */
  release(): Promise<void>;
}

export interface WindowsPort {
  /**
   * Asks the application of each window to close it, as its user would: it may ask back what to do with unsaved work.
   * @returns how many were asked
   * @throws {AgentError}
   */
  closeAll(): Promise<number>;
}

export interface KeyboardPort {
  /**
   * Whether one program gets every key, whatever has the focus: a screen lock does that.
   * @throws {AgentError}
   */
  isHeld(): Promise<boolean>;
}

/** First backend that recognises the session; the list is ordered from specific to general. */
export function chooseBackend(backends: readonly DesktopBackend[], session: SessionInfo): DesktopBackend | undefined {
  return backends.find((backend) => backend.detect(session));
}
