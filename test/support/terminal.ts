import { PassThrough, Readable, Writable } from 'node:stream';
import type { Io } from '#shared/cli/io.ts';

export interface FakeIo extends Io {
  /** What was written so far. */
  readonly out: () => string;
  readonly err: () => string;
}

/** The three streams of a program without a process. `stdin`: everything that will ever be typed. */
export function fakeIo({ stdin = '', isTerminal = false }: { stdin?: string; isTerminal?: boolean } = {}): FakeIo {
  const [stdout, out] = collector(isTerminal);
  const [stderr, err] = collector(isTerminal);
  return { stdin: Object.assign(Readable.from([Buffer.from(stdin)]), { isTTY: isTerminal }), stdout, stderr, out, err };
}

export interface FakeTerminal extends FakeIo {
  readonly type: (text: string) => void;
  /** What was shown so far, control sequences included. */
  readonly screen: () => string;
}

/** A terminal on which a test types. */
export function fakeTerminal(): FakeTerminal {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} });
  const io = { ...fakeIo({ isTerminal: true }), stdin };
  return { ...io, type: (text) => stdin.write(text), screen: io.out };
}

function collector(isTTY: boolean): [Writable & { isTTY: boolean }, () => string] {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  return [Object.assign(stream, { isTTY }), () => text];
}
