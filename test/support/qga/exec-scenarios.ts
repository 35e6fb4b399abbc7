import { b64, type Step } from './scenario.ts';

const exec = (path: string, more: Readonly<Record<string, unknown>> = {}): Step => [
  'guest-exec',
  { path: `@/bin/${path}`, ...more },
];
const captured = { 'capture-output': true };
const until = (pid = '$1'): Step => ['until', { pid }];
const status: Step = ['guest-exec-status', { pid: '$1' }];
const run = (path: string, more: Readonly<Record<string, unknown>> = {}): Step[] => [
  exec(path, { ...captured, ...more }),
  until(),
];

/** To be answered by qemu-ga and by us alike. */
export const EXEC_SCENARIOS: Readonly<Record<string, readonly Step[]>> = {
  'a program that ends well': [exec('true'), until()],
  'an exit code': run('fail7'),
  'a signal': run('killed'),
  'a real-time signal': run('killed-34'),
  'output is kept when asked for': run('both'),
  'and not otherwise': [exec('both', { 'capture-output': false }), until()],
  'no output, no members': run('true'),
  'argv[0] is the path that was given': run('names', { arg: ['a b', '', 'é😀', '$HOME', '*', "'"] }),
  'no shell reads the arguments': run('printf', { arg: ['%s', '$(id) `id` ; id'] }),
  'the environment is replaced': run('env', { env: ['A=1', 'B=two words', 'C==', 'E='] }),
  'an empty environment': run('env', { env: [] }),
  'PATH of the environment given': [
    ['guest-exec', { path: 'names', arg: ['x'], env: ['PATH=@/directory:@/bin'], ...captured }],
    until(),
  ],
  'input is written and ended': run('cat', { 'input-data': b64('some input\n') }),
  'much input': run('cat', { 'input-data': b64('0123456789abcdef'.repeat(20_000)) }),
  'empty input': run('cat', { 'input-data': '' }),
  'no input': run('cat'),
  'input that nobody reads': run('deaf', { 'input-data': b64('x'.repeat(300_000)) }),
  'a background process that holds the output is waited for': run('daemon'),
  'a background process that does not is not': run('left'),
  'exactly 16 MiB': run('big', { arg: ['16777216'] }),
  'one byte more is cut': run('big', { arg: ['16777217'] }),
  'the output is a pipe': run('reopen'),
  'no signal is blocked or ignored': run('state', { 'input-data': b64('in\n') }),
  'no descriptor of the agent is inherited': run('inherited'),
  'text without an interpreter is read by sh': run('no-interpreter'),
  'programs side by side': [exec('sleep', { arg: ['0.2'] }), exec('fail7'), until('$2'), until('$1')],
  'status while it runs': [exec('sleep', { arg: ['0.5'] }), status, until()],
  'bad base64 starts nothing': [exec('true', { 'input-data': '@@' })],
  'wrong arguments': [
    exec('true', { arg: 'x' }),
    exec('true', { arg: [1] }),
    exec('true', { arg: ['a', null] }),
    exec('true', { env: {} }),
    exec('true', { 'input-data': 1 }),
    exec('true', { extra: 1 }),
    ['guest-exec-status', {}],
    ['guest-exec-status', { pid: '1' }],
  ],
};

/** Alike but for the text, of which newer releases have the inner part alone. */
export const EXEC_FAILURES: readonly Step[] = [
  exec('missing'),
  exec('not-executable'),
  exec('bad-interpreter'),
  exec('../directory'),
  exec('../fourteen/x'),
  exec('x'.repeat(300)),
  exec('true', { arg: ['x'.repeat(200_000)] }),
  ['guest-exec', { path: 'missing', env: ['PATH=@/bin'] }],
  ['guest-exec', { path: 'not-executable', env: ['PATH=@/bin'] }],
  ['guest-exec', { path: 'folder', env: ['PATH=@/bin'] }],
];
