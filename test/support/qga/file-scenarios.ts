import { b64, type Step } from './scenario.ts';

const open = (path: string, mode?: string): Step => ['guest-file-open', { path: `@/${path}`, ...(mode && { mode }) }];
const read = (count?: number, handle = '$1'): Step => [
  'guest-file-read',
  { handle, ...(count !== undefined && { count }) },
];
const write = (text: string, handle = '$1'): Step => ['guest-file-write', { handle, 'buf-b64': b64(text) }];
const raw = (text: unknown, count?: number): Step => [
  'guest-file-write',
  { handle: '$1', 'buf-b64': text, ...(count !== undefined && { count }) },
];
const seek = (offset: number, whence: unknown): Step => ['guest-file-seek', { handle: '$1', offset, whence }];
const flush: Step = ['guest-file-flush', { handle: '$1' }];
const close: Step = ['guest-file-close', { handle: '$1' }];
const where = seek(0, 'cur');

/**
 * To be answered by qemu-ga and by us alike, and to leave the same files. None uses a handle after a close that failed:
 * qemu-ga 7.2 has it in its list still, and dies of it.
 */
export const FILE_SCENARIOS: Readonly<Record<string, readonly Step[]>> = {
  'a new file': [open('new', 'w'), write('one\n'), write('two\n'), flush, close, close],
  'an existing file keeps its mode': [open('fourteen', 'w'), write('x'), close],
  'every mode': ['r', 'rb', 'w', 'wb', 'a', 'ab', 'r+', 'rb+', 'r+b', 'w+', 'wb+', 'w+b', 'a+', 'ab+', 'a+b'].map(
    (mode) => open('fourteen', mode),
  ),
  'what is no mode': ['', 'x', 'zz', 'rw', 'rbb', 'b', 'r++', '+r', 'wx', 'r ', 'rb+b', 'r+bb', 'R'].map((mode) =>
    open('fourteen', mode),
  ),
  'what cannot be opened': [
    open('missing'),
    open('missing/file', 'w'),
    open('fourteen/file'),
    open('directory', 'w'),
    open('directory', 'r+'),
    open('loop'),
    open('fifo', 'w'),
    open('x'.repeat(300)),
    open('x'.repeat(5000)),
    open('missing \u00e9\ud83d\ude00'),
  ],
  'arguments of open': [
    ['guest-file-open', { path: '@/fourteen', mode: 1 }],
    ['guest-file-open', { path: '@/fourteen', mode: null }],
    ['guest-file-open', { path: '@/fourteen', extra: 1 }],
  ],
  'a directory': [open('directory'), read(), read(0), where, close],
  'the end is told by a short read only': [open('fourteen'), read(14), read(1), read(), read(0), close],
  'more than there is': [open('fourteen'), read(), read(4), close],
  'in pieces': [open('fourteen'), read(5), where, read(0), read(9), where, read(1), close],
  'blocks and rests': [open('large'), read(4096), read(4095), read(1), read(8193), where, read(90_000), read(1), where],
  'reading after a seek': [
    open('large'),
    read(10),
    seek(50, 'cur'),
    read(4),
    seek(-4, 2),
    read(4),
    read(4),
    seek(0, 0),
    read(3),
  ],
  counts: [open('fourteen'), read(-1), read(50_331_648), read(50_331_649), read(2 ** 40)],
  'arguments of read': [
    ['guest-file-read', {}],
    ['guest-file-read', { handle: 4711 }],
    ['guest-file-read', { handle: 4711, count: -1 }],
    ['guest-file-read', { handle: '4711' }],
    ['guest-file-read', { handle: 1.5 }],
    ['guest-file-read', { handle: 4711, count: '1' }],
  ],
  'handles that were never given': ['close', 'flush', 'read'].map((name) => [`guest-file-${name}`, { handle: -1 }]),
  'write to what was never opened': [
    ['guest-file-write', { handle: 7, 'buf-b64': '@@' }],
    ['guest-file-seek', { handle: 7, offset: 0, whence: 9 }],
  ],
  'write-only and read-only': [
    open('new', 'w'),
    read(),
    read(0),
    close,
    open('fourteen'),
    ...([
      ['guest-file-write', { handle: '$2', 'buf-b64': b64('x') }],
      ['guest-file-write', { handle: '$2', 'buf-b64': '' }],
      ['guest-file-flush', { handle: '$2' }],
      ['guest-file-read', { handle: '$2' }],
    ] as Step[]),
  ],
  'reading and writing in turn': [
    open('fourteen', 'r+'),
    read(5),
    write('XY'),
    read(3),
    where,
    write('Z'),
    where,
    seek(0, 'set'),
    read(),
    write('end'),
    seek(0, 'set'),
    read(),
    close,
  ],
  'an update in the middle': [open('large', 'r+'), read(5000), write('#'.repeat(100)), read(10), where, close],
  'w+ reads back what it wrote': [open('new', 'w+'), write('abc'), seek(1, 'set'), read(), write('d'), close],
  appending: [open('fourteen', 'a'), where, write('more'), where, write('!'), close],
  'appending and reading': [
    open('fourteen', 'a+'),
    read(3),
    write('tail'),
    where,
    read(),
    seek(0, 'set'),
    read(),
    close,
  ],
  'past the end leaves a hole': [open('new', 'w'), seek(10, 'set'), write('x'), where, close],
  'seeks that are wrong': [
    open('fourteen'),
    seek(-1, 'set'),
    seek(-100, 'cur'),
    seek(-15, 'end'),
    seek(0, 3),
    seek(0, -1),
    seek(0, 'foo'),
    seek(0, true),
    seek(0, 1.5),
    seek(0, null),
    seek(0, []),
    ['guest-file-seek', { handle: '$1', offset: 0 }],
    ['guest-file-seek', { handle: '$1', whence: 0 }],
    ['guest-file-seek', { handle: '$1', offset: '0', whence: 0 }],
    where,
    read(3),
    seek(-4, 'cur'),
    where,
  ],
  'a device that is full': [open('full', 'w'), write('x'), flush, close],
  'a full device shows at the close': [open('full', 'w'), write('x'), close],
  'a full device shows at the seek': [open('full', 'w'), write('x'), seek(0, 'set'), seek(0, 'set'), close],
  'a full device shows at once when much is written': [open('full', 'w'), write('x'.repeat(5000)), flush, close],
  'a full device and a buffer that fills': [
    open('full', 'w'),
    write('x'.repeat(4000)),
    write('y'.repeat(96)),
    write('z'),
    close,
  ],
  'a full device, exactly a block': [open('full', 'w'), write('x'.repeat(10)), write('x'.repeat(4086)), flush, close],
  'a full device that is read': [open('full', 'r+'), write('x'), read(3), close],
  'nothing at all': [open('null', 'r+'), read(), write('x'), flush, where, close],
  'a fifo that nobody writes': [open('fifo'), read(), where, flush, close],
  'a fifo that is empty': [open('fifo', 'r+'), read(), write('abc'), flush, read(3), where, close],
  'a fifo that is full': [open('fifo', 'r+'), write('x'.repeat(100_000)), close],
  'a file of the kernel': [open('proc'), seek(0, 'end'), where, close],
  base64: [
    open('new', 'w'),
    raw('QUJD'),
    raw('QUJ'),
    raw('QQ=='),
    raw('QQ'),
    raw('QQ==QUJD'),
    raw('Q=Q='),
    raw('===='),
    raw('QUJDQ==='),
    raw('A=BC'),
    raw('QU\nJD\n'),
    raw('\n'),
    raw(''),
    raw('QUJD', 2),
    raw('QUJD', 4),
    raw('QUJD', -1),
    raw('QUJD', 0),
    raw('@@@@'),
    raw('QU JD'),
    raw('QUJD\r\n'),
    raw('QU-_'),
    raw('QU\u00e9D'),
    raw('Q'.repeat(4001)),
    raw(7),
    ['guest-file-write', { handle: '$1' }],
    close,
  ],
  'lines of 76 characters': [
    open('new', 'wb'),
    raw((b64('some text that is long '.repeat(400)).match(/.{1,76}/g) ?? []).join('\n')),
    close,
  ],
};

interface Difference {
  readonly steps: readonly Step[];
  /** Our answers from the first that differs. */
  readonly ours: readonly unknown[];
}

/** Where qemu-ga 7.2 loses data or reports what did not happen; docs/qga-differences.md says why we do not. */
export const FILE_DIFFERENCES: Readonly<Record<string, Difference>> = {
  'an error of a flush is told once, not again at the next write or read': {
    steps: [open('full', 'r+'), write('x'), flush, write('x'), seek(0, 'set'), read(1), close],
    ours: [
      { return: { count: 1, eof: false } },
      { error: { class: 'GenericError', desc: 'failed to seek file: No space left on device' } },
      { return: { count: 1, 'buf-b64': 'AA==', eof: false } },
      { return: {} },
    ],
  },
  'what a fifo has is given, though more was asked for': {
    steps: [open('fifo', 'r+'), write('abc'), read()],
    ours: [{ return: { count: 3, 'buf-b64': b64('abc'), eof: false } }],
  },
};
