/** The parts of dbus-next 0.10.2 that are used: it describes only its high level, which is not. */

declare module 'dbus-next/lib/signature.js' {
  export interface TypeTree {
    readonly type: string;
    readonly child: readonly TypeTree[];
  }
  export function parseSignature(signature: string): readonly TypeTree[];
}

declare module 'dbus-next/lib/dbus-buffer.js' {
  import type { TypeTree } from 'dbus-next/lib/signature.js';

  class DBusBuffer {
    readonly buffer: Buffer;
    readonly pos: number;
    constructor(
      bytes: Buffer,
      startPos: number,
      endian: number,
      fds: undefined,
      options: { readonly ayBuffer: boolean },
    );
    align(power: number): void;
    /** Dictionaries as lists of pairs, variants as `[trees, [value]]`. */
    read(signature: string): readonly unknown[];
    protected readTree(tree: TypeTree): unknown;
    protected readArray(element: TypeTree, bytes: number): unknown;
  }
  export = DBusBuffer;
}

declare module 'dbus-next/lib/message.js' {
  /** The body in the form that DBusBuffer.read gives, but variants as `[signature, value]`. */
  export function marshall(message: object): readonly [Buffer, readonly unknown[]];
}
