import type { Fixes, XEvent } from 'x11';
import { type ClipboardType, SELECTIONS, type Selection } from '#protocol/ipc/messages/clipboard.ts';
import type { Content } from '#shared/bytes/flow.ts';
import type { Log } from '#shared/log/log.ts';
import type { ClipboardListener, ClipboardPort, Provide } from '../../backend.ts';
import { TYPES } from '../../content/targets.ts';
import { PROPERTY_CHANGE, type XConnection } from '../connection.ts';
import { ATOM_NAMES, type Atoms } from './atoms.ts';
import { Answering } from './offer.ts';
import { XSelection } from './selection.ts';
import { PropertySender } from './sender.ts';

/** Predefined atoms (X protocol, appendix B). */
const PRIMARY = 1;
const SECONDARY = 2;
/** XFixes: set owner, window destroyed, client closed. */
const ALL_CHANGES = 7;

/** The clipboard of an X server by native selections (ICCCM 2), told of changes by XFixes. */
export class X11Clipboard implements ClipboardPort, AsyncDisposable {
  readonly selections = SELECTIONS;
  readonly types = TYPES;
  readonly #window: { readonly id: number } & Disposable;
  readonly #sender: PropertySender;
  readonly #selections: ReadonlyMap<Selection, XSelection>;
  readonly #byAtom: ReadonlyMap<number, XSelection>;
  #listener: ClipboardListener | undefined;
  #listening: Disposable | undefined;

  private constructor(
    private readonly x: XConnection,
    atoms: Atoms,
    private readonly log: Log,
  ) {
    this.#window = x.createWindow(PROPERTY_CHANGE);
    this.#sender = new PropertySender(x, atoms.INCR);
    const answering = new Answering(x, atoms, this.#sender);
    const open = (name: Selection) =>
      new XSelection(x, this.#window.id, atomOf(name, atoms), atoms, answering, {
        took: () => this.#listener?.took(name),
        copied: (types) => this.#listener?.copied(name, types),
        cleared: () => this.#listener?.cleared(name),
      });
    this.#selections = new Map(SELECTIONS.map((name) => [name, open(name)]));
    this.#byAtom = new Map(Array.from(this.#selections, ([name, selection]) => [atomOf(name, atoms), selection]));
  }

  /** @throws {AgentError} 'failed' when the server has no XFixes: copies would not be noticed */
  static async open(x: XConnection, log: Log): Promise<X11Clipboard> {
    const fixes = await x.ask<Fixes>('XFixes', (client, done) => client.require('fixes', done));
    const clipboard = new X11Clipboard(x, await x.atoms(ATOM_NAMES), log);
    for (const selection of clipboard.#byAtom.keys()) fixes.SelectSelectionInput(x.root, selection, ALL_CHANGES);
    return clipboard;
  }

  watch(listener: ClipboardListener): Disposable {
    this.#listener = listener;
    this.#listening = this.x.listen((event) => this.#event(event));
    for (const selection of this.#selections.values()) this.#run(selection.look());
    return {
      [Symbol.dispose]: () => {
        this.#listener = undefined;
        this.#listening?.[Symbol.dispose]();
      },
    };
  }

  async read(
    selection: Selection,
    type: ClipboardType,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<Content | undefined> {
    return this.#selections.get(selection)?.read(type, maxBytes, signal);
  }

  async offer(selection: Selection, types: readonly ClipboardType[], provide: Provide): Promise<void> {
    await this.#selections.get(selection)?.offer(types, provide);
  }

  async withdraw(selection: Selection): Promise<void> {
    await this.#selections.get(selection)?.withdraw();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listening?.[Symbol.dispose]();
    this.#sender.close();
    this.#window[Symbol.dispose]();
  }

  #event(event: XEvent): void {
    if (event.name === 'SelectionNotify' && 'owner' in event) {
      const selection = this.#byAtom.get(event.selection);
      if (selection !== undefined) this.#run(selection.ownerChanged(event));
    } else if (event.name === 'SelectionClear') {
      this.#byAtom.get(event.selection)?.lost(event);
    } else if (event.name === 'SelectionRequest' && event.owner === this.#window.id) {
      const selection = this.#byAtom.get(event.selection);
      if (selection !== undefined) this.#run(selection.asked(event));
    }
  }

  /** What an event leads to may fail when the display goes; the next event is dealt with all the same. */
  #run(work: Promise<void>): void {
    work.catch((error: unknown) => this.log.debug('clipboard event without effect', { error }));
  }
}

function atomOf(selection: Selection, atoms: Atoms): number {
  return { clipboard: atoms.CLIPBOARD, primary: PRIMARY, secondary: SECONDARY }[selection];
}
